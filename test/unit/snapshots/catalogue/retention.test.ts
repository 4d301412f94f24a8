import { describe, expect, test } from 'vitest';
import {
  planRetention,
  type RetentionRequest,
} from '../../../../src/snapshots/catalogue/retention.ts';
import {
  buildEntry,
  buildProof,
  DAY_MS,
  type EntryGiven,
  etcdManagerEntry,
  HOUR_MS,
  NOW_MS,
  singleEntry,
  usualPolicy,
} from './build-entries.ts';

const MINUTE_MS = 60_000;

function at(time: string, given: EntryGiven = {}) {
  const takenAtMs = Date.parse(time);
  return buildEntry({ takenAtMs, revision: Math.floor(takenAtMs / 1000), ...given });
}

function plan(entries: RetentionRequest['entries'], given: Partial<RetentionRequest> = {}) {
  return planRetention({ entries, lineage: 'oak', policy: usualPolicy, nowMs: NOW_MS, ...given });
}

/** By the time of each, what becomes of it. */
function fates(entries: RetentionRequest['entries'], given: Partial<RetentionRequest> = {}) {
  const { verdicts, refusal } = plan(entries, given);
  expect(refusal).toBeNull();
  return Object.fromEntries(
    verdicts.map(({ id, keep, reason }) => [
      id.slice(0, 20),
      `${keep ? 'keep' : 'drop'}: ${reason}`,
    ]),
  );
}

test('the tiers: all, then the first of each hour, then the first of each day', () => {
  const entries = [
    at('2026-11-21T10:25:00Z'),
    at('2026-11-21T09:30:00Z'),
    at('2026-11-21T09:29:00Z'),
    at('2026-11-21T09:05:00Z'),
    at('2026-11-14T10:40:00Z'),
    at('2026-11-14T10:10:00Z'),
    at('2026-11-14T00:10:00Z'),
    at('2025-11-21T10:29:00Z'),
  ];
  expect(fates(entries)).toEqual({
    '2026-11-21T10:25:00Z': 'keep: It is the newest of its lineage.',
    '2026-11-21T09:30:00Z': 'keep: All of the last 1 h are kept.',
    '2026-11-21T09:29:00Z': 'drop: It is not the first of its hour (2026-11-21 09 h UTC).',
    '2026-11-21T09:05:00Z':
      'keep: It is the first of its hour (2026-11-21 09 h UTC), kept for 7 d.',
    '2026-11-14T10:40:00Z': 'drop: It is not the first of its hour (2026-11-14 10 h UTC).',
    '2026-11-14T10:10:00Z': 'drop: It is not the first of its day (2026-11-14 UTC).',
    '2026-11-14T00:10:00Z': 'keep: It is the first of its day (2026-11-14 UTC), kept for 365 d.',
    '2025-11-21T10:29:00Z': 'drop: It is older than 365 d.',
  });
});

test('a count keeps the newest of those that the tiers keep', () => {
  const entries = [
    at('2026-11-21T10:25:00Z'),
    at('2026-11-21T09:20:00Z'),
    at('2026-11-21T09:10:00Z'),
    at('2026-11-21T08:10:00Z'),
  ];
  expect(fates(entries, { policy: { ...usualPolicy, count: 2 } })).toEqual({
    '2026-11-21T10:25:00Z': 'keep: It is the newest of its lineage.',
    '2026-11-21T09:20:00Z': 'drop: It is not the first of its hour (2026-11-21 09 h UTC).',
    '2026-11-21T09:10:00Z':
      'keep: It is the first of its hour (2026-11-21 09 h UTC), kept for 7 d.',
    '2026-11-21T08:10:00Z': 'drop: There are 2 newer ones, and no more than that are kept.',
  });
});

const nothing = { allMs: 0, hourlyMs: 0, dailyMs: 0, count: 1 };

test('whatever the policy: the newest, the newest sound, proven and verified one stay', () => {
  const entries = [
    at('2026-11-21T05:00:00Z', { storedBytes: 0 }),
    at('2026-11-21T04:00:00Z'),
    at('2026-11-21T03:00:00Z', { proof: buildProof('failed') }),
    at('2026-11-21T02:00:00Z', { proof: buildProof('proven') }),
    at('2026-11-21T01:00:00Z', { proof: buildProof('proven') }),
    at('2026-11-21T00:00:00Z'),
  ];
  const given = { policy: nothing, newestVerifiedId: entries[5]?.id ?? null, force: true };
  expect(fates(entries, given)).toEqual({
    '2026-11-21T05:00:00Z': 'keep: It is the newest of its lineage.',
    '2026-11-21T04:00:00Z':
      'keep: It is the newest of its lineage that nothing is known to be wrong with.',
    '2026-11-21T03:00:00Z': 'drop: It is older than 0 ms.',
    '2026-11-21T02:00:00Z': 'keep: It is the newest of its lineage that was proven.',
    '2026-11-21T01:00:00Z': 'drop: It is older than 0 ms.',
    '2026-11-21T00:00:00Z': 'keep: It is the newest of its lineage that was verified.',
  });
});

test('the newest is the one with the most in it, and not the one with the latest time', () => {
  const entries = [at('2026-11-21T05:00:00Z', { revision: 1 }), at('2026-11-20T05:00:00Z')];
  expect(fates(entries, { policy: nothing })).toMatchObject({
    '2026-11-20T05:00:00Z': 'keep: It is the newest of its lineage.',
    '2026-11-21T05:00:00Z': 'drop: It is older than 0 ms.',
  });
});

test('what was taken later than it is here stays, for one of the clocks is wrong', () => {
  const ahead = at('2026-11-22T05:00:00Z', { revision: 1 });
  const entries = [at('2026-11-21T05:00:00Z'), ahead];
  expect(fates(entries, { policy: nothing })).toMatchObject({
    '2026-11-22T05:00:00Z': 'keep: It was taken later than it is by the clock here.',
  });
});

test('one that is known to be bad does not take the place of a good one', () => {
  const entries = [
    at('2026-11-21T10:25:00Z'),
    at('2026-11-20T05:20:00Z'),
    at('2026-11-20T05:10:00Z'),
    at('2026-11-20T05:00:00Z', { proof: buildProof('failed') }),
  ];
  const kept = plan(entries).verdicts.filter(({ keep }) => keep);
  expect(kept.map(({ id }) => id.slice(11, 16))).toEqual(['10:25', '05:10', '05:00']);
});

test('others are not mentioned: other lineages, etcd-managers, the single object', () => {
  const other = at('2020-11-21T10:29:00Z', { lineage: 'fir' });
  const own = at('2026-11-21T10:25:00Z');
  const { verdicts } = plan([own, other, etcdManagerEntry, singleEntry], { policy: nothing });
  expect(verdicts.map(({ id }) => id)).toEqual([own.id]);
});

describe('a policy that suddenly takes most of what was promised', () => {
  const every10Minutes = (count: number) =>
    Array.from({ length: count }, (_, n) =>
      buildEntry({
        takenAtMs: NOW_MS - n * 10 * MINUTE_MS,
        revision: 1000 - n,
        retention: { allMs: DAY_MS, hourlyMs: DAY_MS, dailyMs: DAY_MS, count: null },
      }),
    );

  test('is refused, and all stay', () => {
    const { verdicts, refusal } = plan(every10Minutes(6), { policy: nothing });
    expect(refusal).toBe(
      'Nothing is removed (S6): 5 of the 6 snapshots of lineage oak would go that the policy ' +
        'under which they were taken still keeps.',
    );
    expect(verdicts.every(({ keep }) => keep)).toBe(true);
    expect(verdicts[5]?.reason).toBe(
      'It stays because the plan is refused; else: It is older than 0 ms.',
    );
  });

  test('goes on by an operator’s word', () => {
    const { verdicts, refusal } = plan(every10Minutes(6), { policy: nothing, force: true });
    expect(refusal).toBeNull();
    expect(verdicts.filter(({ keep }) => keep)).toHaveLength(1);
  });

  test('is no alarm when it takes fewer than five', () => {
    expect(plan(every10Minutes(5), { policy: nothing }).refusal).toBeNull();
  });

  test('is no alarm when it takes no more than half', () => {
    const entries = every10Minutes(12);
    const keeps = (count: number) => plan(entries, { policy: { ...policyOf(entries), count } });
    expect(keeps(6).refusal).toBeNull();
    expect(keeps(5).refusal).not.toBeNull();
  });

  test('is not confused with the age that was agreed from the beginning', () => {
    const nowMs = NOW_MS + 30 * DAY_MS;
    const { verdicts, refusal } = plan(every10Minutes(12), { policy: nothing, nowMs });
    expect(refusal).toBeNull();
    expect(verdicts.filter(({ keep }) => !keep)).toHaveLength(11);
  });

  test('may be a count', () => {
    const entries = every10Minutes(12);
    expect(plan(entries, { policy: { ...policyOf(entries), count: 2 } }).refusal).toContain('10');
  });
});

function policyOf(entries: readonly ReturnType<typeof buildEntry>[]) {
  return entries[0]?.record.retention ?? usualPolicy;
}

test('a day of a snapshot a minute is thinned to an hour of all, and the first of each hour', () => {
  const entries = Array.from({ length: 1440 }, (_, n) =>
    buildEntry({ takenAtMs: NOW_MS - n * MINUTE_MS, revision: 5000 - n }),
  );
  const { verdicts, refusal } = plan(entries);
  expect(refusal).toBeNull();
  const kept = verdicts.filter(({ keep }) => keep).map(({ id }) => Date.parse(id.slice(0, 20)));
  const old = kept.filter((timeMs) => NOW_MS - timeMs > HOUR_MS);
  expect(kept.length - old.length).toBe(61);
  expect(old).toHaveLength(24);
  expect(old.filter((timeMs) => timeMs % HOUR_MS === 0)).toHaveLength(23);
});
