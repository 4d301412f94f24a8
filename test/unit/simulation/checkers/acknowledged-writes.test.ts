import { expect, test } from 'vitest';
import { AcknowledgedWrites } from '../../../../src/simulation/checkers/acknowledged-writes.ts';
import type { EtcdDisk } from '../../../../src/simulation/etcd/disk.ts';
import { answerOf, clientOf, machineAt, settledWorld } from './run-world.ts';

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
