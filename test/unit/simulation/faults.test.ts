import { describe, expect, test } from 'vitest';
import { type Fault, type FaultKind, faultKinds, inject } from '../../../src/simulation/faults.ts';
import type { World } from '../../../src/simulation/world.ts';
import {
  emptyWorld,
  machineAt,
  settledWorld,
  type WorldRun,
  withStore,
} from './checkers/run-world.ts';

/** What no fault is the opposite of: they are over at once. */
const instant: readonly FaultKind[] = [
  'crash-e2d',
  'crash-etcd',
  'crash-both',
  'clock-jump',
  'snapshot-corrupt',
  'snapshot-foreign',
];
/** What a cluster does not come back from as it was: looked at apart from the others. */
const grave: readonly FaultKind[] = [
  'disaster',
  'total-loss',
  'store-stale',
  'operator-restore',
  'operator-rebuild',
  'operator-approve',
];
const lasting = faultKinds.filter((kind) => !instant.includes(kind) && !grave.includes(kind));

function faultOf(kind: FaultKind, changes: Partial<Fault> = {}): Fault {
  return { kind, atMs: 0, forMs: 1_000, machines: [1, 2], strength: 0.4, ...changes };
}

/** All that a fault may change, other than by killing something. */
function conditionsOf({ links, machines, store }: World) {
  const addresses = [...machines.map(({ address }) => address), '10.0.9.1'];
  const pairs = addresses.flatMap((from) => addresses.map((to) => [from, to] as const));
  const tries = Array.from({ length: 300 });
  const [from = '', to = ''] = addresses.slice(-2);
  return {
    cut: pairs.filter(([one, other]) => !links.reaches(one, other)),
    copies: [...new Set(tries.map(() => links.copies(from, to)))].sort(),
    latencies: [...new Set(tries.map(() => links.latencyMs(from, to)))].length,
    latencyMs: Math.round(links.latencyMs(from, to)),
    store: store && [store.isDown, store.slowMs, store.failing],
    machines: machines.map((machine) => ({
      e2d: machine.life?.time.isRunning ?? 'down',
      etcd: machine.etcd?.isRunning === true && !machine.etcd.isPaused,
      requiredSize: machine.config.requiredSize,
      full: machine.disk.full,
      fsyncDelayMs: machine.disk.fsyncDelayMs,
      diskDelayMs: machine.diskDelayMs,
      clockRate: machine.clockRate,
      wallSkewMs: machine.wallSkewMs,
      answersLost: machine.answersLost,
      answersLate: machine.answersLate,
      resultsTwice: machine.resultsTwice,
      effectsFail: machine.effectsFail,
      launchEnds: machine.launchEnds,
      crashPoint: machine.crashPoint,
    })),
  };
}

/** Waits until everything is as it was; nothing comes back at once. */
async function healed(run: WorldRun, before: ReturnType<typeof conditionsOf>): Promise<void> {
  const text = JSON.stringify(before);
  for (let tries = 0; tries < 30 && JSON.stringify(conditionsOf(run.world)) !== text; tries += 1) {
    await run.pass(2_000);
  }
  expect(conditionsOf(run.world)).toEqual(before);
}

test.each(lasting)(
  '%s changes the world, and leaves it as it was; also where two overlap, and end in any order',
  async (kind) => {
    const run = await settledWorld([], withStore);
    const before = conditionsOf(run.world);
    const disks = run.world.machines.map(({ disk }) => disk.state);
    const end = inject(run.world, faultOf(kind));
    await run.pass(kind.startsWith('operator') ? 12_000 : 0);
    const disksNow = run.world.machines.map(({ disk }) => disk.state);
    expect([conditionsOf(run.world), disksNow]).not.toEqual([before, disks]);
    await run.pass(1_000);
    expect(end).not.toBeNull();
    end?.();
    await healed(run, before);
    for (const order of [[0, 1] as const, [1, 0] as const]) {
      const second = faultOf(kind, { strength: 0.9, machines: [1] });
      const ends = [inject(run.world, faultOf(kind)), inject(run.world, second)];
      for (const which of order) {
        await run.pass(1_000);
        ends[which]?.();
      }
      await healed(run, before);
    }
  },
);

describe('faults that are over at once', () => {
  test.each<[FaultKind, boolean, boolean]>([
    ['crash-e2d', false, true],
    ['crash-etcd', true, false],
    ['crash-both', false, false],
  ])('%s kills what it says, and e2d brings it back', async (kind, e2dIsUp, etcdIsUp) => {
    const run = await settledWorld();
    const before = conditionsOf(run.world);
    const machine = machineAt(run.world, 1);
    inject(run.world, faultOf(kind))?.();
    expect([machine.life !== null, machine.etcd?.isRunning]).toEqual([e2dIsUp, etcdIsUp]);
    await run.pass(30_000);
    expect(conditionsOf(run.world)).toEqual(before);
  });

  test('clock-jump moves the wall clock of e2d, and of its next run; no time passes', async () => {
    const { world } = await settledWorld();
    const { life } = machineAt(world, 1);
    const [wallMs, nowMs] = [life?.time.wallTime().getTime() ?? 0, life?.time.nowMs()];
    inject(world, faultOf('clock-jump', { strength: 0.75 }))?.();
    expect(life?.time.wallTime().getTime()).toBe(wallMs + 1_800_000);
    expect(life?.time.nowMs()).toBe(nowMs);
    machineAt(world, 1).killE2d();
    await world.time.runUntil(30_000);
    const next = machineAt(world, 1).life;
    expect(next).not.toBe(life);
    expect(next?.time.wallSkewMs).toBe(1_800_000);
  });
});

describe('what a fault reaches', () => {
  const reachOf = (world: World) =>
    world.machines.map((one) =>
      world.machines.map((two) => (world.links.reaches(one.address, two.address) ? 1 : 0)).join(''),
    );

  test.each<[FaultKind, Partial<Fault>, readonly string[]]>([
    ['partition-halves', {}, ['100', '011', '011']],
    ['partition-isolated', {}, ['101', '010', '101']],
    ['partition-pair', {}, ['111', '110', '101']],
    ['partition-one-way', { strength: 0.1 }, ['111', '010', '111']],
    ['partition-one-way', { strength: 0.9 }, ['101', '111', '101']],
  ])('%s of %j', (kind, changes, expected) => {
    const { world } = emptyWorld();
    inject(world, faultOf(kind, changes));
    expect(reachOf(world)).toEqual(expected);
  });

  test('crash-at-effect dies before or after the effect that it counts down to', async () => {
    const run = await settledWorld();
    const machine = machineAt(run.world, 1);
    inject(run.world, faultOf('crash-at-effect', { strength: 0.4 }));
    expect(machine.crashPoint).toEqual({ left: 4, when: 'before' });
    inject(run.world, faultOf('crash-at-effect', { strength: 0.5 }));
    expect(machine.crashPoint).toEqual({ left: 1, when: 'after' });
    machine.killE2d();
    machine.killEtcd();
    await run.pass(30_000);
    expect([machine.crashPoint, machine.lives.length]).toEqual([null, 3]);
  });

  test('disk-lost and disk-corrupt spare a cluster that could not survive it', async () => {
    const run = await settledWorld();
    const { world } = run;
    inject(world, faultOf('disk-lost'));
    expect(machineAt(world, 1).disk.state).toBe('none');
    for (const kind of ['disk-lost', 'disk-corrupt'] as const) {
      expect(inject(world, faultOf(kind, { machines: [2] }))).toBeNull();
    }
    expect(machineAt(world, 2).disk.state).toBe('readable');
    expect([world.isDisaster, machineAt(world, 1).dataLost]).toEqual([false, true]);
  });

  test('disk-lost may take the identity with it, and disk-corrupt may be hidden', async () => {
    const [one, other] = [await settledWorld(), await settledWorld()];
    inject(one.world, faultOf('disk-lost', { strength: 0.1 }));
    expect(machineAt(one.world, 1).identity).toBeNull();
    inject(other.world, faultOf('disk-corrupt', { strength: 0.6 }));
    const { identity, isDamageHidden, disk } = machineAt(other.world, 1);
    expect([identity === null, isDamageHidden, disk.state]).toEqual([false, true, 'unreadable']);
  });

  test('a disaster takes more disks than can be spared, and says so', async () => {
    const { world } = await settledWorld();
    inject(world, faultOf('disaster'));
    expect(world.machines.map(({ disk }) => disk.state)).toEqual(['readable', 'none', 'none']);
    expect(world.isDisaster).toBe(true);
  });

  test('the machines of a disaster stay down until it ends, and of two until both do', async () => {
    const { world, pass } = await settledWorld();
    const isUp = () => world.machines.map(({ life }) => life !== null);
    const first = inject(world, faultOf('disaster'));
    const second = inject(world, faultOf('disaster', { machines: [1] }));
    await pass(10_000);
    expect(isUp()).toEqual([true, false, false]);
    second?.();
    await pass(10_000);
    expect(isUp()).toEqual([true, false, false]);
    first?.();
    await pass(10_000);
    expect(isUp()).toEqual([true, true, true]);
  });

  test('a disaster before there is anything to lose loses nothing', () => {
    const { world } = emptyWorld();
    inject(world, faultOf('disaster'));
    expect([world.isDisaster, machineAt(world, 1).dataLost]).toEqual([false, false]);
  });

  test('an operator who is in a hurry is heard only by a process that runs', async () => {
    const { world, pass } = await settledWorld();
    const machine = machineAt(world, 1);
    const steps = () => machine.life?.entries.length;
    const resume = machine.pauseE2d();
    const before = steps();
    const start = inject(world, faultOf('operator-hurry'));
    expect(steps()).toBe(before);
    resume();
    expect(steps()).toBeGreaterThan(before ?? 0);
    await pass(20_000);
    expect(machine.life).toBeNull();
    start?.();
    await pass(20_000);
    expect(machine.life).not.toBeNull();
  });
});
