import { describe, expect, test } from 'vitest';
import type { BootstrapPlan, StoreReading } from '../../../../machines/facts.ts';
import type { StepEffect } from '../../../../machines/node/step.ts';
import { Restores } from '../../../../src/simulation/checkers/restores.ts';
import { sealed } from '../../../../src/simulation/etcd/keyspace.ts';
import { restoredData } from '../../../../src/simulation/etcd/restored-data.ts';
import type { Life } from '../../../../src/simulation/life.ts';
import type { World } from '../../../../src/simulation/world.ts';
import { boundBy, planOf, restoredWorld, securedWorld } from './restored-world.ts';
import { loseAll, machineAt, type WorldRun } from './run-world.ts';

const content = sealed({ clusterId: 'c0', revision: 7, keys: [], leases: [], writes: [] });
const other = sealed({ clusterId: 'c0', revision: 8, keys: [], leases: [], writes: [] });
const pinned = { id: 'one', sha256: content.sha256, revision: 7 };

/** A checker over a world that it watches from the beginning. */
async function watched() {
  let world: World | null = null;
  const checker = new Restores(() => {
    if (world === null) throw new Error('the world is not there yet');
    return world;
  });
  const { run } = await securedWorld();
  world = run.world;
  const said = () => checker.violations.map(({ rule, sentence }) => `${rule} ${sentence}`);
  return { run, checker, said };
}

/** As if the first machine had agreed on a plan, and had its data ready. */
function makeReady(run: WorldRun, plan: BootstrapPlan): void {
  const machine = machineAt(run.world, 0);
  machine.identity = boundBy(machine.identity, plan);
  machine.disk.stage({
    planId: plan.id,
    data: restoredData(plan, content, machine.config.urls.peerAdvertise),
  });
}

/** As if the first machine began to agree on a plan, and had last found this in the store. */
function pin(run: WorldRun, checker: Restores, plan: BootstrapPlan, fact: Fact | null): void {
  const life = machineAt(run.world, 0).lives.at(-1);
  const entry = life?.entries.at(-1);
  if (life === undefined || entry === undefined) throw new Error('n1 never ran');
  const { identity } = life.machine;
  const input = { identity: { ...identity, plan: { stage: 'acknowledged', plan } } };
  const effect: StepEffect = { kind: 'start', id: 'pin', src: 'writeIdentity', input };
  const read = { type: 'store.read', atMs: 1, reading: { fact, sentence: '' } };
  const entries = fact === null ? [] : [{ ...entry, event: read }];
  const { machine, settings } = life;
  const asIf = { machine, settings, entries } as unknown as Life;
  checker.stepped(asIf, { ...entry, effects: [effect] });
}

type Fact = StoreReading['fact'];

describe('what makes way for a restore', () => {
  test('data that can be read, without an operator’s word, is S2', async () => {
    const { run, checker, said } = await watched();
    const plan = planOf(run, pinned);
    makeReady(run, plan);
    checker.happened({ kind: 'makingWay', machine: 'n1', plan });
    expect(said()).toEqual(
      ['n1', 'n2', 'n3'].map(
        (name) => `S2 n1 restores by plan ${plan.id}, and ${name} has its data`,
      ),
    );
  });

  test('the same is clean once its lineage was given up by name, and of no other lineage', async () => {
    const { run, checker, said } = await watched();
    const lineage = machineAt(run.world, 0).identity?.lineage ?? '';
    const plan = planOf(run, { ...pinned, replaces: lineage });
    makeReady(run, plan);
    const order = { kind: 'goBack', snapshotId: null, lineage: 'another' } as const;
    run.world.happened({ kind: 'ordered', machine: 'n1', order });
    checker.happened({ kind: 'makingWay', machine: 'n1', plan });
    expect(said()).toHaveLength(3);
    run.world.happened({ kind: 'ordered', machine: 'n1', order: { ...order, lineage } });
    checker.happened({ kind: 'makingWay', machine: 'n1', plan });
    expect(said()).toHaveLength(3);
  });

  test('before what replaces it is ready, or without a plan, is S4', async () => {
    const { run, checker, said } = await watched();
    await loseAll(run);
    const plan = planOf(run, pinned);
    checker.happened({ kind: 'makingWay', machine: 'n1', plan });
    expect(said()).toEqual([
      `S4 n1 makes way for plan ${plan.id}, whose data is not ready`,
      `S4 n1 makes way for plan ${plan.id}, to which it has not agreed`,
    ]);
  });
});

describe('what is restored', () => {
  test('must be the content that the plan names', async () => {
    const { run, checker, said } = await watched();
    const plan = planOf(run, pinned);
    const { disk, config } = machineAt(run.world, 0);
    for (const keyspace of [content, other]) {
      disk.moveAside('test');
      const data = restoredData(plan, keyspace, config.urls.peerAdvertise);
      disk.stage({ planId: plan.id, data });
      disk.placeStaged(plan.id);
      checker.happened({ kind: 'installed', machine: 'n1', plan });
    }
    expect(said()).toEqual([
      `S4 n1 restored ${other.sha256} by ${plan.id}, and plan ${plan.id} another content`,
    ]);
  });

  test('is never an empty member of the restored cluster', async () => {
    const { run, checker, said } = await watched();
    const plan = planOf(run, pinned);
    const [first, second] = [machineAt(run.world, 0), machineAt(run.world, 1)];
    const data = restoredData(plan, content, first.config.urls.peerAdvertise);
    first.disk.moveAside('test');
    first.disk.format(data);
    checker.happened({ kind: 'installed', machine: 'n1', plan });
    second.disk.moveAside('test');
    const empty = data.log.slice(1);
    second.disk.format({ ...data, log: empty });
    checker.look(run.world);
    expect(said()).toEqual([`S4 n2 restored nothing, and plan ${plan.id} another content`]);
  });

  test('an order is not answered with another snapshot', async () => {
    const { checker, said } = await watched();
    const order = { kind: 'approve', snapshotId: 'two', lineage: null } as const;
    const choice = { kind: 'chosen', machine: 'n1', keyspace: content } as const;
    checker.happened({ ...choice, snapshotId: 'two', order });
    expect(said()).toEqual([]);
    checker.happened({ ...choice, snapshotId: 'one', order });
    expect(said()).toEqual([`S4 n1 was told two, and took one (${content.sha256})`]);
  });
});

describe('what is agreed on', () => {
  const restore = 'S1 n1 agrees on to restore one, and found the store';
  const anew = 'S1 n1 agrees on a new cluster, and found the store';
  test.each<[Fact | null, readonly string[]]>([
    [null, [`${restore} null`, `${anew} null`]],
    ['unreadable', [`${restore} unreadable`, `${anew} unreadable`]],
    ['empty', [`${restore} empty`]],
    ['snapshot', [`${anew} snapshot`]],
    ['ambiguous', [`${anew} ambiguous`]],
  ])('where the store was found %s (S1)', async (fact, expected) => {
    const { run, checker, said } = await watched();
    const { snapshot, ...plan } = planOf(run, pinned);
    if (snapshot === undefined) throw new Error('it restores nothing');
    pin(run, checker, { ...plan, snapshot }, fact);
    pin(run, checker, { ...plan, id: 'new' }, fact);
    expect(said()).toEqual(expected);
  });

  test('an order that names the lineage asks no store', async () => {
    const { run, checker, said } = await watched();
    pin(run, checker, planOf(run, { ...pinned, replaces: 'any' }), null);
    expect(said()).toEqual([]);
  });
});

describe('data on a disk', () => {
  test('that goes while its disk stays is S3; that was moved, or lost with its disk, is not', async () => {
    const { run, checker, said } = await watched();
    checker.look(run.world);
    const [moved, lost, gone] = run.world.machines;
    moved?.disk.moveAside('test');
    lost?.disk.wipe();
    checker.look(run.world);
    expect(said()).toEqual([]);
    const was = gone?.disk.data;
    if (was === undefined || was === null) throw new Error('n3 has no data');
    gone?.disk.format({ ...was });
    checker.look(run.world);
    expect(said()).toEqual([`S3 the data of member ${was.memberId} is gone from n3`]);
  });
});

test('a cluster that comes back from its store breaks no rule', async () => {
  let world: World | null = null;
  const checker = new Restores(() => world as unknown as World);
  const late: Pick<Restores, 'happened' | 'stepped'> = {
    happened: (deed) => world && checker.happened(deed),
    stepped: (life, entry) => world && checker.stepped(life, entry),
  };
  const { run } = await securedWorld([late]);
  world = run.world;
  await loseAll(run);
  await run.pass(40_000);
  checker.look(run.world);
  expect(run.world.machines.map(({ disk }) => disk.data?.log[0]?.command.kind)).toEqual([
    'restored',
    'restored',
    'restored',
  ]);
  expect(checker.violations).toEqual([]);
});

test('all of its members come from one content, under one plan', async () => {
  const { installed } = await restoredWorld();
  expect(installed.map(({ machine }) => machine).sort()).toEqual(['n1', 'n2', 'n3']);
  expect(new Set(installed.map(({ plan }) => JSON.stringify(plan))).size).toBe(1);
});
