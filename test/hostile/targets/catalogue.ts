import { renderSnapshots } from '../../../src/cli/render-snapshot-list.ts';
import type { SeededRandom } from '../../../src/simulation/seeded-random.ts';
import { renderBackupMeta } from '../../../src/snapshots/catalogue/backup-meta.ts';
import { defectOf } from '../../../src/snapshots/catalogue/defects.ts';
import { findEntry } from '../../../src/snapshots/catalogue/find.ts';
import { Catalogue, type Listing } from '../../../src/snapshots/catalogue/read-catalogue.ts';
import { planRetention } from '../../../src/snapshots/catalogue/retention.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import type { Target } from '../fuzz.ts';

const id = '2026-11-21T10:00:00Z-000000012345-a1b2c3';
const digest = '0123456789abcdef'.repeat(4);
/** One that e2d takes. */
export const record = {
  version: 1,
  id,
  takenAt: '2026-11-21T10:00:00Z',
  lineage: 'l1',
  parent: { lineage: null, snapshotId: 's0', revision: 3 },
  revision: 12345,
  raftTerm: 2,
  raftIndex: 77,
  members: [{ id: 'a', name: 'n1', peerUrls: ['http://h:1'], clientUrls: [], learner: false }],
  requiredSize: 3,
  etcdVersion: '3.6.14',
  e2dVersion: '0.1.0',
  stored: { sizeBytes: 4, sha256: digest },
  content: { sizeBytes: 9, sha256: digest },
  compression: 'gzip',
  encryptionKeyId: null,
  hashKv: { revision: 12345, compactRevision: -1, hash: 7 },
  retention: { allMs: 1, hourlyMs: 2, dailyMs: 3, count: null },
  trigger: 'interval',
};
const proof = {
  version: 1,
  provenAt: '2026-11-21T11:00:00Z',
  outcome: 'proven',
  sentence: 'It is.',
  keys: 1,
  revision: 2,
  rtoMs: 3,
  etcdVersion: '3.6.14',
};
const meta = renderBackupMeta({
  etcdVersion: '3.6.14',
  takenAtSeconds: 1_795_000_000,
  clusterSpec: { memberCount: 3, etcdVersion: '3.6.14' },
});
const begun = { lineage: 'l1', begunAt: '2026-11-21T10:00:00Z' };
const proofName = 'e2d.proof-20261121T110000Z.json';

/** Who lists, orders, shows and chooses afterwards must get along with whatever was believed. */
function useAll(listing: Listing): void {
  const nowMs = Date.parse('2026-11-22T00:00:00Z');
  const { entries } = listing;
  for (const entry of entries) defectOf(entry);
  const text = renderSnapshots(listing, { place: 'memory', nowMs });
  const told = [text, ...listing.problems].join('\n');
  if (/(?!\n)\p{Cc}/u.test(told)) throw new Error('control characters reach the terminal');
  if (told.length > 20_000) throw new Error(`a list of ${told.length} characters`);
  const policy = { allMs: 1, hourlyMs: 2, dailyMs: 3, count: 2 };
  planRetention({ entries, lineage: 'l1', policy, nowMs, force: false });
  if (entries.length > 0) findEntry(entries, 'latest');
}

/** `other`: the snapshot that must show whatever stands in the file. */
function readWith(key: string, other: string): Target['feed'] {
  return async (input) => {
    const store = new MemoryStore({
      [`${id}/etcd.backup.gz`]: 'data',
      [`${id}/_etcd_backup.meta`]: meta,
      'other/etcd.backup.gz': 'data',
      'other/_etcd_backup.meta': meta,
      [`${id}/e2d.json`]: JSON.stringify(record),
    });
    store.put(key, input);
    const bounds = { signal: new AbortController().signal };
    const listing = await new Catalogue(store.open()).list(bounds);
    useAll(listing);
    // One bad file costs its own snapshot, and no other.
    if (!listing.entries.some((entry) => entry.id === other)) throw new Error('others are missing');
  };
}

const base = { syntax: 'json', secrets: [] } as const;
const files: readonly Target[] = [
  {
    ...base,
    name: 'catalogue records',
    corpus: [JSON.stringify(record)],
    feed: readWith(`${id}/e2d.json`, 'other'),
  },
  {
    ...base,
    name: 'catalogue proofs',
    corpus: [JSON.stringify(proof)],
    feed: readWith(`${id}/${proofName}`, id),
  },
  {
    ...base,
    name: 'backup metas',
    corpus: [meta, meta.replace('etcdVersion', 'etcd_version')],
    feed: readWith('other/_etcd_backup.meta', id),
  },
  {
    ...base,
    name: 'begun files',
    corpus: [JSON.stringify(begun)],
    feed: readWith('unfinished/e2d.begun.json', 'other'),
  },
];

/** Names in a listing. */
const names: Target = {
  name: 'catalogue names',
  corpus: [id, `${id}/e2d.json`, `../${id}`, `a/../../b`, '.', '..', `${id}/`, 'control/x/y'],
  async feed(input, random: SeededRandom) {
    const name = Buffer.from(input).toString(random.chance(0.5) ? 'utf8' : 'latin1');
    const store = new MemoryStore({ [name]: 'x' });
    for (const file of ['etcd.backup.gz', '_etcd_backup.meta', 'e2d.json', 'e2d.begun.json']) {
      if (random.chance(0.6))
        store.put(`${name}/${file}`, file === 'e2d.json' ? ownOf(name) : meta);
    }
    const listing = await new Catalogue(store.open()).list({
      signal: new AbortController().signal,
    });
    useAll(listing);
    for (const entry of [...listing.entries, ...listing.unfinished]) {
      if (['', '.', '..'].includes(entry.id) || /[/\0]/.test(entry.id)) {
        throw new Error(`${JSON.stringify(entry.id)} was taken for a snapshot`);
      }
    }
  },
};

function ownOf(name: string): string {
  return JSON.stringify({ ...record, id: name });
}

export const catalogueTargets: readonly Target[] = [...files, names];
