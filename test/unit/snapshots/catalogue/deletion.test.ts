import { describe, expect, test } from 'vitest';
import { checkDeletion } from '../../../../src/snapshots/catalogue/deletion.ts';
import type { SnapshotEntry } from '../../../../src/snapshots/catalogue/snapshot-entry.ts';
import { buildRecord, HOUR_MS, NOW_MS } from './build-entries.ts';

function entry(revision: number, proven: boolean, lineage = 'oak'): SnapshotEntry {
  const takenAtMs = NOW_MS - HOUR_MS + revision;
  const record = buildRecord({ takenAtMs, revision, lineage });
  const proof = {
    ...{ version: 1 as const, provenAt: record.takenAt, sentence: '', etcdVersion: '3.6.14' },
    ...{ keys: null, revision: null, rtoMs: null, outcome: 'proven' as const },
  };
  const { id, takenAt, stored } = record;
  const common = { id, takenAt, storedBytes: stored.sizeBytes };
  return { ...common, kind: 'e2d', record, proof: proven ? proof : null };
}

const [newest, plain, proven] = [entry(30, false), entry(20, false), entry(10, true)];
const [oldest, ofFir] = [entry(5, true), entry(40, false, 'fir')];
const single: SnapshotEntry = {
  ...{ kind: 'single', id: 'etcd.snapshot', takenAt: oldest.takenAt, storedBytes: 9 },
};
const entries = [ofFir, newest, plain, proven, oldest, single];

function check(wanted: readonly SnapshotEntry[], force = false): void {
  checkDeletion({ entries, wanted, nowMs: NOW_MS, force });
}

describe('by name', () => {
  test('what is not the best of its lineage may go', () => {
    expect(() => check([plain, oldest])).not.toThrow();
  });

  test.each([
    ['the newest', newest, /the newest of its lineage\./],
    ['the newest that was proven', proven, /the newest of its lineage that was proven\./],
    ['the only one of another lineage', ofFir, /the newest of its lineage\./],
  ])('%s stays, but for force', (_, one, said) => {
    expect(() => check([plain, one])).toThrow(said);
    expect(() => check([plain, one], true)).not.toThrow();
  });

  test('what e2d did not put there stays, force or not', () => {
    expect(() => check([single], true)).toThrow(/e2d did not put it there/);
  });
});
