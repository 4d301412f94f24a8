import { describe, expect, test } from 'vitest';
import {
  type CandidatesRequest,
  candidatesFor,
} from '../../../../src/snapshots/catalogue/candidates.ts';
import type { SnapshotEntry } from '../../../../src/snapshots/catalogue/snapshot-entry.ts';
import {
  buildEntry,
  buildProof,
  type EntryGiven,
  etcdManagerEntry,
  singleEntry,
} from './build-entries.ts';

function ask(entries: readonly SnapshotEntry[], given: Partial<CandidatesRequest> = {}) {
  return candidatesFor({ entries, lineage: null, etcdVersion: '3.6.14', keyIds: [], ...given });
}

const sound = buildEntry({ revision: 100 });

test('a sound snapshot of the own lineage is a candidate, with the reason', () => {
  const answer = ask([sound]);
  expect(answer.candidates).toEqual([sound]);
  expect(answer.passedOver).toEqual([]);
  expect(answer.reasons.get(sound.id)).toBe('It is of lineage oak, the last one in the store.');
});

const stored = { sizeBytes: 8, sha256: 'a'.repeat(64) };
const cases: [string, EntryGiven, string][] = [
  ['empty in the store', { storedBytes: 0 }, 'It is empty.'],
  [
    'empty from the beginning',
    { content: { sizeBytes: 0, sha256: 'b'.repeat(64) } },
    'It is empty.',
  ],
  ['truncated', { stored, storedBytes: 5 }, 'It has 5 bytes in the store, and had 8 when taken.'],
  [
    'shown to be bad',
    { proof: buildProof('failed') },
    'Its proof failed at 2026-11-21T10:10:00Z: The hashes differ.',
  ],
  [
    'of a newer minor etcd',
    { etcdVersion: '3.7.0' },
    'It is of etcd 3.7.0, newer than the 3.6.14 that is here.',
  ],
  [
    'of a newer major etcd',
    { etcdVersion: '4.0.0' },
    'It is of etcd 4.0.0, newer than the 3.6.14 that is here.',
  ],
  [
    'of an unknown etcd',
    { etcdVersion: '' },
    'It does not say of which etcd it is: "" is no version.',
  ],
  [
    'encrypted, with no key at hand',
    { encryptionKeyId: 'k1' },
    'It is encrypted with the key k1; no key is at hand.',
  ],
];

test.each(cases)('one that is %s is passed over for the one before it', (_, given, sentence) => {
  const bad = buildEntry({ revision: 200, ...given });
  const { candidates, passedOver } = ask([bad, sound]);
  expect(candidates).toEqual([sound]);
  expect(passedOver).toEqual([{ id: bad.id, sentence }]);
});

describe('the version of etcd', () => {
  test.each(['3.6.20', '3.5.1', '3.6.0-rc.1', 'v3.6.2', '3.6'])('%s is not newer', (version) => {
    expect(ask([buildEntry({ etcdVersion: version })]).candidates).toHaveLength(1);
  });

  test('is compared as numbers', () => {
    const [entry] = [buildEntry({ etcdVersion: '3.10.0' })];
    expect(ask([entry]).candidates).toEqual([]);
    expect(ask([entry], { etcdVersion: '3.10.1' }).candidates).toEqual([entry]);
  });

  test('that is installed has to be known', () => {
    const { candidates, passedOver } = ask([sound], { etcdVersion: 'unknown' });
    expect(candidates).toEqual([]);
    expect(passedOver[0]?.sentence).toBe('It is of etcd 3.6.14, and "unknown" here is no version.');
  });

  test('2 has data of another kind', () => {
    const old = { ...etcdManagerEntry, id: '2018', etcdVersion: '2.2.1' };
    const { candidates, passedOver } = ask([old, etcdManagerEntry]);
    expect(candidates).toEqual([etcdManagerEntry]);
    expect(passedOver).toEqual([
      { id: '2018', sentence: 'It is of etcd 2.2.1, whose data etcd 3 cannot restore.' },
    ]);
  });

  test('of a single object shows only when it is opened', () => {
    expect(ask([singleEntry]).candidates).toEqual([singleEntry]);
  });
});

test('an encrypted one is a candidate with its key, and not with another', () => {
  const entry = buildEntry({ encryptionKeyId: 'k1' });
  expect(ask([entry], { keyIds: ['k0', 'k1'] }).candidates).toEqual([entry]);
  expect(ask([entry], { keyIds: ['k0', 'k2'] }).passedOver).toEqual([
    { id: entry.id, sentence: 'It is encrypted with the key k1; at hand: k0, k2.' },
  ]);
});

test('those of other lineages are passed over with a sentence', () => {
  const other = buildEntry({ lineage: 'fir', revision: 300 });
  const { candidates, passedOver, ambiguous } = ask([other, sound], { lineage: 'oak' });
  expect(candidates).toEqual([sound]);
  expect(ambiguous).toBeNull();
  expect(passedOver).toEqual([
    { id: other.id, sentence: 'It is of lineage fir, which oak does not descend from.' },
  ]);
});

test('between two lineages nothing is a candidate', () => {
  const other = buildEntry({ lineage: 'fir', revision: 300 });
  const { candidates, ambiguous } = ask([other, sound]);
  expect(candidates).toEqual([]);
  expect(ambiguous).toEqual(['fir', 'oak']);
});
