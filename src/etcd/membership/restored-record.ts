import type { ClusterRecord, PinnedSnapshot } from '../../../machines/facts.ts';
import type { CallOptions, Condition, EtcdEndpoint, Operation } from '../client/endpoint.ts';
import { EtcdFault } from '../client/etcd-fault.ts';
import { parseClusterRecord } from './cluster-record.ts';
import { clusterRecordKey, snapshotMarkerKey, volatilePrefix } from './keys.ts';

export interface RestoredCluster {
  /** The record of the new lineage; its parent is filled in from what the snapshot holds. */
  readonly record: ClusterRecord;
  readonly restored: PinnedSnapshot;
}

/**
 * S5: what e2d itself had written before the snapshot was taken is cleared, the marker is set and
 * the new lineage's record written, in one transaction of the restored cluster. All of its members
 * may ask for it: one does it, and the others find it done. Gives the record that stands.
 */
export async function writeRestoredRecord(
  endpoint: EtcdEndpoint,
  { record, restored }: RestoredCluster,
  options?: CallOptions,
): Promise<ClusterRecord> {
  const old = await endpoint.get(clusterRecordKey, options);
  const known = old === null ? null : oldRecord(old);
  if (known?.lineage === record.lineage) return known;
  const { id: snapshotId, sha256, revision } = restored;
  const parent = { lineage: known?.lineage ?? null, snapshotId, revision };
  const renewed: ClusterRecord = { ...record, parent };
  const condition: Condition =
    old === null
      ? { key: clusterRecordKey, createRevision: '0' }
      : { key: clusterRecordKey, modRevision: old.modRevision };
  const marker = { lineage: record.lineage, snapshotId, sha256, revision, from: parent.lineage };
  const { succeeded, found } = await endpoint.transact(
    {
      conditions: [condition],
      success: [
        ...clearedAround([clusterRecordKey, snapshotMarkerKey]),
        { kind: 'put', key: clusterRecordKey, value: JSON.stringify(renewed) },
        { kind: 'put', key: snapshotMarkerKey, value: JSON.stringify(marker) },
      ],
      failure: [{ kind: 'get', key: clusterRecordKey }],
    },
    options,
  );
  if (succeeded) return renewed;
  const present = found[0]?.[0];
  const written = present === undefined ? null : oldRecord(present);
  if (written?.lineage === record.lineage) return written;
  throw new EtcdFault('unavailable', 'Another member writes the restored cluster’s record now.');
}

/** A record that this e2d cannot read is as good as none: it is replaced all the same. */
function oldRecord(pair: Parameters<typeof parseClusterRecord>[0]): ClusterRecord | null {
  try {
    return parseClusterRecord(pair);
  } catch {
    return null;
  }
}

/** Deletes all keys of the prefix but these, which must be in order: etcd refuses overlaps. */
function clearedAround(kept: readonly string[]): readonly Operation[] {
  const starts = [volatilePrefix, ...kept.map((key) => `${key}\0`)];
  const ends = [...kept, prefixEnd];
  return starts.map((key, index) => ({ kind: 'delete', key, end: ends[index] ?? prefixEnd }));
}

const prefixEnd = `${volatilePrefix.slice(0, -1)}${String.fromCharCode(volatilePrefix.charCodeAt(volatilePrefix.length - 1) + 1)}`;
