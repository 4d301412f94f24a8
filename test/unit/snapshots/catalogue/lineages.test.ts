import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { currentLineage } from '../../../../src/snapshots/catalogue/lineages.ts';
import type { SnapshotEntry } from '../../../../src/snapshots/catalogue/snapshot-entry.ts';
import { buildEntry, etcdManagerEntry, HOUR_MS, NOW_MS, singleEntry } from './build-entries.ts';

interface Taken {
  readonly lineage: string;
  readonly revision: number;
  /** Restored from this lineage, at this revision. */
  readonly from?: readonly [lineage: string | null, revision: number];
  /** Hours after the first. */
  readonly hour?: number;
}

function take({ lineage, revision, from, hour = 0 }: Taken) {
  const [parentLineage = null, parentRevision = 0] = from ?? [];
  const parent =
    from === undefined
      ? null
      : { lineage: parentLineage, snapshotId: 'some', revision: parentRevision };
  return buildEntry({ lineage, revision, parent, takenAtMs: NOW_MS + hour * HOUR_MS });
}

const oak1 = take({ lineage: 'oak', revision: 10, hour: 0 });
const oak2 = take({ lineage: 'oak', revision: 20, hour: 1 });
const oakLost = take({ lineage: 'oak', revision: 30, hour: 2 });
const elm = take({ lineage: 'elm', revision: 1020, from: ['oak', 20], hour: 3 });
const ash = take({ lineage: 'ash', revision: 2020, from: ['elm', 1020], hour: 4 });
const yew = take({ lineage: 'yew', revision: 1010, from: ['oak', 10], hour: 5 });
const fir = take({ lineage: 'fir', revision: 9 });

/** The lineage and the ids that come into question, or the leaves between which to choose. */
function outcome(entries: readonly SnapshotEntry[], known: string | null = null) {
  const current = currentLineage(entries, known);
  if (current.kind === 'ambiguous') return { leaves: current.leaves };
  return { lineage: current.lineage, order: current.order.map(({ entry }) => entry) };
}

describe('with nothing known of the cluster', () => {
  test('an empty store has nothing', () => {
    expect(outcome([])).toEqual({ lineage: null, order: [] });
  });

  test('the only lineage is the one, the one with the most in it first', () => {
    const clockWentBack = take({ lineage: 'oak', revision: 40, hour: -5 });
    const order = [clockWentBack, oak2, oak1];
    expect(outcome([oak1, clockWentBack, oak2])).toEqual({ lineage: 'oak', order });
  });

  test('of a chain it is the end, and back to the point of each restore', () => {
    const entries = [oak1, oak2, oakLost, elm, ash];
    expect(outcome(entries)).toEqual({ lineage: 'ash', order: [ash, elm, oak2, oak1] });
  });

  test('an end whose beginning is no longer in the store is as good', () => {
    expect(outcome([ash])).toEqual({ lineage: 'ash', order: [ash] });
  });

  test.each([
    ['a fork', [oak1, oak2, elm, yew], ['elm', 'yew']],
    ['unrelated lineages', [oak1, fir], ['fir', 'oak']],
    ['lineages whose link is lost', [oak1, ash], ['ash', 'oak']],
    [
      'a circle',
      [
        take({ lineage: 'a', revision: 1, from: ['b', 1] }),
        take({ lineage: 'b', revision: 1, from: ['a', 1] }),
      ],
      ['a', 'b'],
    ],
    [
      'a circle beside a chain',
      [
        take({ lineage: 'a', revision: 1, from: ['b', 1] }),
        take({ lineage: 'b', revision: 1, from: ['a', 1] }),
        oak1,
      ],
      ['a', 'b', 'oak'],
    ],
    [
      'a cluster that lived on beside its restored copy',
      [oak1, elm, take({ lineage: 'oak', revision: 90, hour: 5 })],
      ['elm', 'oak'],
    ],
  ])('%s is ambiguous', (_, entries, leaves) => {
    expect(outcome(entries)).toEqual({ leaves });
  });

  test('clocks that differ a little do not make a copy', () => {
    const atOnce = take({ lineage: 'oak', revision: 90, hour: 3.9 });
    expect(outcome([oak2, elm, atOnce])).toEqual({ lineage: 'elm', order: [elm, oak2] });
  });
});

describe('with the lineage known', () => {
  test('a fork, or an unrelated lineage, is no question', () => {
    const entries = [oak1, oak2, elm, yew, fir];
    expect(outcome(entries, 'elm')).toEqual({ lineage: 'elm', order: [elm, oak2, oak1] });
    expect(outcome(entries, 'yew')).toEqual({ lineage: 'yew', order: [yew, oak1] });
    expect(outcome(entries, 'oak')).toEqual({ lineage: 'oak', order: [oak2, oak1] });
  });

  test('nothing is taken of others when it has no snapshot itself', () => {
    expect(outcome([oak1, singleEntry], 'elm')).toEqual({ lineage: 'elm', order: [] });
  });
});

describe('snapshots that do not tell their lineage', () => {
  test('are used, the latest first, where no other is', () => {
    const order = [singleEntry, etcdManagerEntry];
    expect(outcome([etcdManagerEntry, singleEntry])).toEqual({ lineage: null, order });
  });

  test('are not used beside one of e2d', () => {
    const fromSingle = take({ lineage: 'oak', revision: 10, from: [null, 0] });
    const entries = [etcdManagerEntry, singleEntry, fromSingle];
    expect(outcome(entries)).toEqual({ lineage: 'oak', order: [fromSingle] });
  });
});

test('every snapshot has a sentence that says why it is in question, or why not', () => {
  const entries = [oak1, oakLost, elm, yew, singleEntry];
  const current = currentLineage(entries, 'elm');
  if (current.kind === 'ambiguous') throw new Error('it is not ambiguous');
  const told = [...current.order, ...current.outside].map(({ entry, sentence }) => [
    entry,
    sentence,
  ]);
  expect(new Map(told as [SnapshotEntry, string][])).toEqual(
    new Map<SnapshotEntry, string>([
      [elm, "It is of lineage elm, this cluster's own."],
      [oak1, 'It is of lineage oak, which elm was restored from at revision 20.'],
      [oakLost, 'It is of lineage oak, from after the point that its successor was restored from.'],
      [yew, 'It is of lineage yew, which elm does not descend from.'],
      [singleEntry, 'It does not tell its lineage, and others in the store do.'],
    ]),
  );
});

test('each snapshot is either in question or not, and a choice never depends on their order', () => {
  const names = fc.constantFrom('a', 'b', 'c', 'd');
  const anyTaken = fc.record({
    lineage: names,
    revision: fc.integer({ min: 1, max: 50 }),
    hour: fc.integer({ min: 0, max: 40 }),
  });
  const parents = fc.dictionary(names, fc.tuple(names, fc.integer({ min: 1, max: 50 })));
  const property = fc.property(
    fc.uniqueArray(anyTaken, { selector: ({ revision }) => revision, maxLength: 12 }),
    parents,
    fc.option(names),
    (taken, from, known) => {
      const entries = taken.map((one) => {
        const parent = from[one.lineage];
        return take(parent === undefined ? one : { ...one, from: parent });
      });
      const current = currentLineage(entries, known);
      expect(outcome([...entries].reverse(), known)).toEqual(outcome(entries, known));
      if (current.kind === 'ambiguous') {
        expect(known).toBeNull();
        expect(current.leaves.length).toBeGreaterThan(1);
        return;
      }
      const all = [...current.order, ...current.outside].map(({ entry }) => entry.id);
      expect(all.sort()).toEqual(entries.map(({ id }) => id).sort());
      if (known !== null && entries.length > 0) expect(current.lineage).toBe(known);
    },
  );
  fc.assert(property, { numRuns: 500 });
});
