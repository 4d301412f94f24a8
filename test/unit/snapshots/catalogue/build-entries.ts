import { renderBackupMeta } from '../../../../src/snapshots/catalogue/backup-meta.ts';
import {
  begunKey,
  dataKey,
  makeSnapshotId,
  metaKey,
  recordKey,
  utcSeconds,
} from '../../../../src/snapshots/catalogue/layout.ts';
import type { SnapshotEntry } from '../../../../src/snapshots/catalogue/snapshot-entry.ts';
import type { E2dEntry } from '../../../../src/snapshots/catalogue/snapshot-order.ts';
import type {
  RetentionPolicy,
  SnapshotProof,
  SnapshotRecord,
} from '../../../../src/snapshots/catalogue/snapshot-record.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** Saturday, in the middle of an hour. */
export const NOW_MS = Date.parse('2026-11-21T10:30:00Z');

export const usualPolicy: RetentionPolicy = {
  allMs: HOUR_MS,
  hourlyMs: 7 * DAY_MS,
  dailyMs: 365 * DAY_MS,
  count: null,
};

export interface RecordGiven extends Partial<Omit<SnapshotRecord, 'takenAt' | 'id'>> {
  readonly takenAtMs?: number;
  readonly suffix?: string;
}

export function buildRecord(given: RecordGiven = {}): SnapshotRecord {
  const { takenAtMs = NOW_MS, suffix = 'a1b2c3', ...fields } = given;
  const revision = fields.revision ?? 100;
  return {
    version: 1,
    id: makeSnapshotId({ takenAtMs, revision, suffix }),
    takenAt: utcSeconds(takenAtMs),
    lineage: 'oak',
    parent: null,
    revision,
    raftTerm: 2,
    raftIndex: 200,
    members: [],
    requiredSize: 3,
    etcdVersion: '3.6.14',
    e2dVersion: '1.0.0',
    stored: { sizeBytes: 4, sha256: 'a'.repeat(64) },
    content: { sizeBytes: 40, sha256: 'b'.repeat(64) },
    compression: 'gzip',
    encryptionKeyId: null,
    hashKv: null,
    retention: usualPolicy,
    trigger: 'interval',
    ...fields,
  };
}

export interface EntryGiven extends RecordGiven {
  readonly proof?: SnapshotProof;
  readonly storedBytes?: number;
}

export function buildEntry({ proof, storedBytes, ...given }: EntryGiven = {}): E2dEntry {
  const record = buildRecord(given);
  return {
    kind: 'e2d',
    id: record.id,
    takenAt: record.takenAt,
    storedBytes: storedBytes ?? record.stored.sizeBytes,
    record,
    proof: proof ?? null,
  };
}

export function buildProof(outcome: SnapshotProof['outcome']): SnapshotProof {
  return {
    version: 1,
    provenAt: '2026-11-21T10:10:00Z',
    outcome,
    sentence: outcome === 'proven' ? 'The hashes are equal.' : 'The hashes differ.',
    keys: 7,
    revision: 100,
    rtoMs: 1200,
    etcdVersion: '3.6.14',
  };
}

export const etcdManagerEntry: Extract<SnapshotEntry, { kind: 'etcd-manager' }> = {
  kind: 'etcd-manager',
  id: '2019-05-07T18:28:01Z-000977',
  takenAt: '2019-05-07T18:28:01Z',
  storedBytes: 9,
  etcdVersion: '3.2.24',
};

export const singleEntry: SnapshotEntry = {
  kind: 'single',
  id: 'etcd.snapshot',
  takenAt: '2020-01-01T00:00:00Z',
  storedBytes: 9,
};

/** The objects of a complete snapshot, as e2d leaves them in a store. */
export function objectsOf(record: SnapshotRecord): Record<string, string> {
  const { id, lineage, takenAt, etcdVersion, stored } = record;
  const takenAtSeconds = Date.parse(takenAt) / 1000;
  const clusterSpec = { memberCount: record.requiredSize, etcdVersion };
  return {
    [begunKey(id)]: JSON.stringify({ lineage, begunAt: takenAt }),
    [dataKey(id)]: 'x'.repeat(stored.sizeBytes),
    [recordKey(id)]: JSON.stringify(record),
    [metaKey(id)]: renderBackupMeta({ etcdVersion, takenAtSeconds, clusterSpec }),
  };
}
