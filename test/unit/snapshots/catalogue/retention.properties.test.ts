import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planRetention } from '../../../../src/snapshots/catalogue/retention.ts';
import { byRevision, type E2dEntry } from '../../../../src/snapshots/catalogue/snapshot-order.ts';
import type { RetentionPolicy } from '../../../../src/snapshots/catalogue/snapshot-record.ts';
import {
  buildEntry,
  buildProof,
  DAY_MS,
  etcdManagerEntry,
  HOUR_MS,
  NOW_MS,
  singleEntry,
} from './build-entries.ts';

const RUNS = { numRuns: 400 };

const anyTime = fc.oneof(
  fc.integer({ min: -2, max: 180 }).map((minutes) => NOW_MS - minutes * 60_000),
  fc.integer({ min: 0, max: 400 * 24 * 4 }).map((quarters) => NOW_MS - (quarters * HOUR_MS) / 4),
);

const tiers = {
  allMs: fc.integer({ min: 0, max: 3 }).map((hours) => hours * HOUR_MS),
  hourlyMs: fc.integer({ min: 0, max: 10 }).map((days) => days * DAY_MS),
  dailyMs: fc.integer({ min: 0, max: 400 }).map((days) => days * DAY_MS),
};
const uncounted: fc.Arbitrary<RetentionPolicy> = fc.record({ ...tiers, count: fc.constant(null) });
const counted: fc.Arbitrary<RetentionPolicy> = fc.record({
  ...tiers,
  count: fc.option(fc.integer({ min: 1, max: 12 })),
});

/** Of one lineage; the clocks that dated them may have jumped. */
const anyEntries: fc.Arbitrary<E2dEntry[]> = fc
  .array(
    fc.record({
      takenAtMs: anyTime,
      revision: fc.integer({ min: 1, max: 1000 }),
      outcome: fc.option(fc.constantFrom('proven' as const, 'failed' as const)),
      storedBytes: fc.constantFrom(4, 4, 4, 0),
      retention: counted,
    }),
    { maxLength: 40 },
  )
  .map((all) =>
    all.map(({ outcome, ...given }, n) =>
      buildEntry({
        ...given,
        ...(outcome === null ? {} : { proof: buildProof(outcome) }),
        suffix: n.toString(16).padStart(6, '0'),
      }),
    ),
  );

function keptOf(entries: readonly E2dEntry[], policy: RetentionPolicy, nowMs = NOW_MS) {
  const all = [...entries, etcdManagerEntry, singleEntry];
  const { verdicts, refusal } = planRetention({
    entries: all,
    lineage: 'oak',
    policy,
    nowMs,
    force: true,
  });
  expect(refusal).toBeNull();
  expect(verdicts.map(({ id }) => id).sort()).toEqual(entries.map(({ id }) => id).sort());
  return new Set(verdicts.filter(({ keep }) => keep).map(({ id }) => id));
}

test('the newest and the newest proven never go', () => {
  const property = fc.property(anyEntries, counted, (entries, policy) => {
    const kept = keptOf(entries, policy);
    const newestFirst = [...entries].sort(byRevision);
    const proven = newestFirst.find(({ proof }) => proof?.outcome === 'proven');
    for (const entry of [newestFirst[0], proven]) {
      if (entry !== undefined) expect(kept).toContain(entry.id);
    }
  });
  fc.assert(property, RUNS);
});

test('doing it twice is doing it once', () => {
  const property = fc.property(anyEntries, counted, (entries, policy) => {
    const kept = keptOf(entries, policy);
    const left = entries.filter(({ id }) => kept.has(id));
    expect(keptOf(left, policy)).toEqual(kept);
  });
  fc.assert(property, RUNS);
});

test('what goes at one time would go at any later one', () => {
  const later = fc.integer({ min: 0, max: 400 * DAY_MS });
  const property = fc.property(anyEntries, uncounted, later, (entries, policy, laterMs) => {
    const now = keptOf(entries, policy);
    for (const id of keptOf(entries, policy, NOW_MS + laterMs)) expect(now).toContain(id);
  });
  fc.assert(property, RUNS);
});

test('a policy that promises more never lets more go', () => {
  const property = fc.property(anyEntries, uncounted, uncounted, (entries, one, other) => {
    const more: RetentionPolicy = {
      allMs: Math.max(one.allMs, other.allMs),
      hourlyMs: Math.max(one.hourlyMs, other.hourlyMs),
      dailyMs: Math.max(one.dailyMs, other.dailyMs),
      count: null,
    };
    const kept = keptOf(entries, more);
    for (const id of keptOf(entries, one)) expect(kept).toContain(id);
  });
  fc.assert(property, RUNS);
});

test('a larger count never lets more go, and a count only takes of what the tiers keep', () => {
  const counts = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 12 }));
  const property = fc.property(anyEntries, uncounted, counts, (entries, policy, [count, more]) => {
    const few = keptOf(entries, { ...policy, count });
    const larger = keptOf(entries, { ...policy, count: count + more });
    const all = keptOf(entries, policy);
    for (const id of few) expect(larger).toContain(id);
    for (const id of larger) expect(all).toContain(id);
  });
  fc.assert(property, RUNS);
});

test('without force, a plan is carried out as it is, or nothing goes', () => {
  const property = fc.property(anyEntries, counted, (entries, policy) => {
    const request = { entries, lineage: 'oak', policy, nowMs: NOW_MS };
    const { verdicts, refusal } = planRetention(request);
    const kept = verdicts.filter(({ keep }) => keep).length;
    expect(kept).toBe(refusal === null ? keptOf(entries, policy).size : entries.length);
  });
  fc.assert(property, RUNS);
});
