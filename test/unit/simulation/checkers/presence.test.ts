import { beforeEach, describe, expect, test } from 'vitest';
import { Presence } from '../../../../src/simulation/checkers/presence.ts';
import type { World } from '../../../../src/simulation/world.ts';
import { holdE2d, machineAt, settledWorld, type WorldRun } from './run-world.ts';

describe('presence', () => {
  const presence = { value: new Presence() };
  let run: WorldRun;
  let world: World;

  beforeEach(async () => {
    run = await settledWorld();
    world = run.world;
    holdE2d(world);
    presence.value = new Presence();
    await passLooking(1_000);
  });

  async function passLooking(ms: number) {
    for (let passed = 0; passed < ms; passed += 250) {
      presence.value.look(world);
      await run.pass(250);
    }
    presence.value.look(world);
  }

  const away = (observer: string, observed: string, graceMs = 0) =>
    presence.value.awayMs(observer, observed, world.time.nowMs(), graceMs);

  test('who runs and is heard is not away', () => {
    expect(away('n1', 'n2')).toBe(0);
    expect(away('n2', 'n1')).toBe(0);
  });

  test('who is killed is away for everybody, from then on', async () => {
    machineAt(world, 1).killEtcd();
    await passLooking(3_000);
    expect([away('n1', 'n2'), away('n3', 'n2'), away('n2', 'n1')]).toEqual([3_000, 3_000, 0]);
  });

  test('who is cut off one way is away, both ways, and only for the other end', async () => {
    const [one, two] = [machineAt(world, 0).address, machineAt(world, 1).address];
    const mend = world.links.cut([one], [two]);
    await passLooking(2_000);
    expect([away('n1', 'n2'), away('n2', 'n1'), away('n3', 'n2')]).toEqual([2_000, 2_000, 0]);
    mend();
    await passLooking(250);
    expect(away('n1', 'n2')).toBe(0);
  });

  test('an absence that ended a moment ago still counts, for the grace', async () => {
    const resume = machineAt(world, 1).pauseEtcd();
    await passLooking(2_000);
    resume();
    await passLooking(1_000);
    expect(away('n1', 'n2', 2_500)).toBe(3_000);
    await passLooking(2_000);
    expect(away('n1', 'n2', 2_500)).toBe(0);
  });

  test('a new absence begins anew, unless it was back for a moment only', async () => {
    const pauseFor = async (ms: number) => {
      const resume = machineAt(world, 1).pauseEtcd();
      await passLooking(ms);
      return resume;
    };
    (await pauseFor(5_000))();
    await passLooking(1_000);
    const resume = await pauseFor(1_000);
    expect(away('n1', 'n2')).toBe(7_000);
    resume();
    await passLooking(6_000);
    await pauseFor(1_000);
    expect(away('n1', 'n2')).toBe(1_000);
  });

  test('an etcd that was started anew while the old one was paused is there', async () => {
    const machine = machineAt(world, 1);
    machine.pauseEtcd();
    machine.killEtcd();
    const { peerAdvertise: peerUrl, clientAdvertise: clientUrl } = machine.config.urls;
    const { disk, address: host, name } = machine;
    const launch = { clusterState: 'existing', initialCluster: '', clusterToken: '' } as const;
    machine.etcd = world.etcd.start({ disk, host, name, peerUrl, clientUrl, launch });
    await passLooking(3_000);
    expect(away('n1', 'n2')).toBe(0);
  });
});
