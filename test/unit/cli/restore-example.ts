import type { SnapshotEntry } from '../../../src/snapshots/catalogue/snapshot-entry.ts';
import type { SnapshotRecord } from '../../../src/snapshots/catalogue/snapshot-record.ts';

const digest = 'ab'.repeat(32);

export const record: SnapshotRecord = {
  version: 1,
  id: '2026-11-21T07:00:00Z-000000004650-a1b2c3',
  takenAt: '2026-11-21T07:00:00Z',
  lineage: 'l-1',
  parent: null,
  revision: 4650,
  raftTerm: 3,
  raftIndex: 5000,
  members: ['m1', 'm2'].map((name) => ({
    id: `8e9e05c5216469${name}`,
    name,
    peerUrls: [`http://${name}:2380`],
    clientUrls: [`http://${name}:2379`],
    learner: false,
  })),
  requiredSize: 3,
  etcdVersion: '3.6.6',
  e2dVersion: '0.1.0',
  stored: { sizeBytes: 7, sha256: digest },
  content: { sizeBytes: 25 * 1024 ** 2, sha256: digest },
  compression: 'none',
  encryptionKeyId: null,
  hashKv: null,
  retention: { allMs: 1, hourlyMs: 1, dailyMs: 1, count: null },
  trigger: 'interval',
};

export const entry: SnapshotEntry = {
  kind: 'e2d',
  id: record.id,
  takenAt: record.takenAt,
  storedBytes: 7,
  record,
  proof: {
    version: 1,
    provenAt: '2026-11-21T08:00:00Z',
    outcome: 'proven',
    sentence: 'all is there.',
    keys: 120,
    revision: 4650,
    rtoMs: 1_500,
    etcdVersion: '3.6.6',
  },
};
