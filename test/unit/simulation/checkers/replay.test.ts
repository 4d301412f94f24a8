import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DriverEntry } from '../../../../src/node/driver.ts';
import { Replay } from '../../../../src/simulation/checkers/replay.ts';
import { Coverage } from '../../../../src/simulation/coverage.ts';
import type { World } from '../../../../src/simulation/world.ts';
import { machineAt, settledWorld } from './run-world.ts';

describe('the replay of what was recorded', () => {
  let world: World;

  let recorded: readonly DriverEntry[];

  beforeAll(async () => {
    ({ world } = await settledWorld());
    machineAt(world, 0).killE2d();
    await world.time.runUntil(20_000);
    recorded = [...(machineAt(world, 1).life?.entries ?? [])];
  });

  beforeEach(() => {
    machineAt(world, 1).life?.entries.splice(0, Number.POSITIVE_INFINITY, ...recorded);
  });

  function sentences(): readonly string[] {
    const checker = new Replay(new Coverage());
    checker.finish(world);
    expect(new Set(checker.violations.map(({ rule }) => rule)).size).toBeLessThanOrEqual(1);
    return checker.violations.map(({ rule, sentence }) => `${rule} ${sentence}`);
  }

  /** Changes the first entry of n2 that the condition holds for; gives back its number. */
  function doctor(
    isMeant: (entry: DriverEntry) => boolean,
    change: (entry: DriverEntry) => DriverEntry,
  ): number {
    const entries = machineAt(world, 1).life?.entries ?? [];
    const at = entries.findIndex(isMeant);
    const entry = entries[at];
    if (entry === undefined) throw new Error('there is no such entry');
    entries[at] = change(entry);
    return entry.seq;
  }

  const isFirstProbe = ({ event }: DriverEntry) => event.type === 'etcd.probed';
  const begins = ({ effects }: DriverEntry) => effects.some(({ kind }) => kind === 'start');
  const later = (entry: DriverEntry) => entry.seq > 3;

  test('an untouched world is clean, of every run of every node', () => {
    expect(machineAt(world, 0).lives).toHaveLength(2);
    expect(sentences()).toEqual([]);
  });

  test('another state is reported, by the number of its entry', () => {
    const stale = machineAt(world, 1).life?.entries[0]?.snapshot;
    const seq = doctor(
      (entry) => entry.snapshot.value !== stale?.value && later(entry) && begins(entry),
      (entry) => ({ ...entry, snapshot: stale ?? entry.snapshot }),
    );
    expect(sentences()).toEqual([expect.stringContaining(`replay n2 diverges at entry ${seq} `)]);
  });

  test('an effect that was left out is reported', () => {
    const seq = doctor(begins, (entry) => ({ ...entry, effects: entry.effects.slice(1) }));
    expect(sentences()).toEqual([expect.stringContaining(`entry ${seq} `)]);
  });

  test('effects that were left out altogether, or invented, are reported', () => {
    const without = doctor(begins, (entry) => ({ ...entry, effects: [] }));
    expect(sentences()).toEqual([expect.stringContaining(`entry ${without} `)]);
  });

  test('an effect that was invented is reported', () => {
    const seq = doctor(
      ({ effects }) => effects.length === 0,
      (entry) => ({ ...entry, effects: [{ kind: 'stop', id: 'invented' }] }),
    );
    expect(sentences()).toEqual([expect.stringContaining(`entry ${seq} `)]);
  });

  test('an effect with another input is reported', () => {
    const seq = doctor(begins, (entry) => ({
      ...entry,
      effects: entry.effects.map((effect) =>
        effect.kind === 'start' ? { ...effect, input: { reason: 'another' } } : effect,
      ),
    }));
    expect(sentences()).toEqual([expect.stringContaining(`entry ${seq} `)]);
  });

  test('an event that was left out is reported', () => {
    const { entries } = machineAt(world, 1).life ?? { entries: [] };
    const at = entries.findIndex(({ event }) => event.type === 'xstate.done.actor.prepare');
    expect(at).toBeGreaterThan(-1);
    entries.splice(at, 1);
    expect(sentences()).toEqual([expect.stringMatching(/^replay n2 diverges at entry \d+ /)]);
  });

  test('another content of an event shows in the context at the end, if nowhere before', () => {
    const entries = machineAt(world, 1).life?.entries ?? [];
    const at = entries.findLastIndex(isFirstProbe);
    const entry = entries[at];
    if (entry === undefined) throw new Error('etcd was never probed');
    const event = JSON.parse(JSON.stringify(entry.event).replace(/"revision":\d+/, '"revision":1'));
    entries[at] = { ...entry, event };
    expect(sentences()).toEqual(['replay n2 ends in another context']);
  });

  test('what is not plain data is reported: it does not survive its recording', () => {
    const entries = machineAt(world, 1).life?.entries ?? [];
    const at = entries.findLastIndex(isFirstProbe);
    const entry = entries[at];
    if (entry === undefined) throw new Error('etcd was never probed');
    const { probe } = entry.snapshot.context;
    const context = { ...entry.snapshot.context, probe: { ...probe, alarms: new Set(['x']) } };
    entries.push({ ...entry, snapshot: Object.assign({}, entry.snapshot, { context }) });
    expect(sentences()).toEqual(['replay n2 ends in another context']);
  });
});
