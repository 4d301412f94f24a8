import { describe, expect, test } from 'vitest';
import { AcknowledgedWrites } from '../../../../src/simulation/checkers/acknowledged-writes.ts';
import type { EtcdDisk } from '../../../../src/simulation/etcd/disk.ts';
import type { World } from '../../../../src/simulation/world.ts';
import { securedWorld } from './restored-world.ts';
import { answerOf, clientOf, loseAll, machineAt, settledWorld } from './run-world.ts';

async function worldWithWrites() {
  const run = await settledWorld();
  const client = clientOf(run.world, machineAt(run.world, 0));
  await answerOf(run, client.put('a', '1'), 1_000);
  await answerOf(run, client.put('a', '2'), 1_000);
  await answerOf(run, client.put('b', '3'), 1_000);
  return run;
}

/** As if the disk had lied about the last write to `key`. */
function forget({ data }: EtcdDisk, key: string): void {
  const log = data?.log ?? [];
  const at = log.findLastIndex(({ command }) => JSON.stringify(command).includes(`"${key}"`));
  log.splice(at, 1);
}

function sentences(world: Awaited<ReturnType<typeof worldWithWrites>>['world']) {
  const checker = new AcknowledgedWrites();
  checker.finish(world);
  return checker.violations.map(({ rule, sentence }) => `${rule} ${sentence}`);
}

test('a world that lost nothing is clean, and so is a key that was overwritten', async () => {
  const { world } = await worldWithWrites();
  expect(world.etcd.acknowledged.map(({ key }) => key)).toEqual(
    expect.arrayContaining(['a', 'a', 'b']),
  );
  expect(sentences(world)).toEqual([]);
});

test('a write that is gone from every disk is reported', async () => {
  const { world } = await worldWithWrites();
  for (const { disk } of world.machines) forget(disk, 'b');
  expect(sentences(world)).toEqual([
    expect.stringMatching(
      /^S1 1 acknowledged writes are lost, the first of them b at revision \d+/,
    ),
  ]);
});

test('a write that the log which can be elected still holds is not lost', async () => {
  const { world } = await worldWithWrites();
  const [one, two] = [machineAt(world, 0), machineAt(world, 1)];
  forget(one.disk, 'b');
  forget(two.disk, 'b');
  expect(sentences(world)).toEqual([]);
});

test('all that is acknowledged is lost with all disks', async () => {
  const { world } = await worldWithWrites();
  for (const { disk } of world.machines) disk.wipe();
  expect(sentences(world)).toEqual([expect.stringMatching(/^S1 \d+ acknowledged writes are lost/)]);
});

test('nothing is promised once more disks were lost than quorum allows', async () => {
  const { world } = await worldWithWrites();
  for (const machine of world.machines) {
    world.noteLoss(machine);
    machine.disk.wipe();
  }
  expect(world.isDisaster).toBe(true);
  expect(sentences(world)).toEqual([]);
});

test('one lost disk of three is no disaster, nor is an empty one', async () => {
  const { world } = await worldWithWrites();
  const machine = machineAt(world, 0);
  world.noteLoss(machine);
  machine.disk.wipe();
  world.noteLoss(machine);
  expect(world.isDisaster).toBe(false);
  for (const { disk } of world.machines) forget(disk, 'b');
  expect(sentences(world)).toHaveLength(1);
});

describe('after a restore', () => {
  async function restoredWithWrites() {
    const checker = new AcknowledgedWrites();
    const { run } = await securedWorld();
    checker.look(run.world);
    const { world } = run;
    return { run, world, checker };
  }

  function said(checker: AcknowledgedWrites, world: World) {
    checker.finish(world);
    return checker.violations.map(({ rule, sentence }) => `${rule} ${sentence}`);
  }

  test('what came after the snapshot may be missing once all disks were lost', async () => {
    const { run, world, checker } = await restoredWithWrites();
    await loseAll(run);
    await run.pass(40_000);
    expect([...world.etcd.clusterIds]).toHaveLength(2);
    expect(said(checker, world)).toEqual([]);
  });

  test('it may not where they were not, unless an operator gave the lineage up', async () => {
    const { run, world, checker } = await restoredWithWrites();
    const lineage = machineAt(world, 0).identity?.lineage ?? null;
    const client = clientOf(world, machineAt(world, 0));
    await loseAll(run);
    await run.pass(40_000);
    world.lostClusters.clear();
    expect(said(checker, world)).toEqual([
      expect.stringMatching(/^S1 \d+ acknowledged writes are lost/),
    ]);
    world.happened({
      kind: 'ordered',
      machine: 'n1',
      order: { kind: 'goBack', snapshotId: null, lineage },
    });
    client.close();
    expect(said(new AcknowledgedWrites(), world)).toEqual([]);
  });

  test('what came before it may not be missing, whatever was lost', async () => {
    const { run, world, checker } = await restoredWithWrites();
    await loseAll(run);
    await run.pass(40_000);
    for (const { disk } of world.machines) {
      const entry = disk.data?.log[0];
      if (entry?.command.kind !== 'restored') throw new Error('nothing was restored');
      const keyspace = { ...entry.command.keyspace, writes: [] };
      disk.data?.log.splice(0, 1, { ...entry, command: { ...entry.command, keyspace } });
    }
    expect(said(checker, world)).toEqual([
      expect.stringMatching(/^S1 \d+ acknowledged writes are lost/),
    ]);
  });
});
