import { z } from 'zod';
import type { ClusterRecord } from '../../../machines/facts.ts';
import { namePattern } from '../../errors/shown.ts';
import type { CallOptions, EtcdEndpoint, KeyValue } from '../client/endpoint.ts';
import { EtcdFault } from '../client/etcd-fault.ts';
import { clusterRecordKey } from './keys.ts';

/** Whatever stands there is announced to other nodes, logged and shown. */
const name = z.string().regex(namePattern);

const clusterRecordSchema = z.object({
  lineage: name.min(1),
  requiredSize: z.int().positive(),
  parent: z
    .object({
      lineage: name.nullable(),
      snapshotId: name,
      revision: z.int().nonnegative(),
    })
    .optional(),
});

/**
 * Null while the cluster has none: it was just formed, or was not made by e2d.
 * @throws EtcdFault `unexpected-answer` when something else was written there.
 */
export async function readClusterRecord(
  endpoint: EtcdEndpoint,
  options?: CallOptions,
): Promise<ClusterRecord | null> {
  const pair = await endpoint.get(clusterRecordKey, options);
  return pair === null ? null : parseClusterRecord(pair);
}

/** Writes the record once: what is there already stays, and is returned. */
export async function writeClusterRecord(
  endpoint: EtcdEndpoint,
  record: ClusterRecord,
  options?: CallOptions,
): Promise<ClusterRecord> {
  const value = JSON.stringify(record);
  const { succeeded, found } = await endpoint.transact(
    {
      conditions: [{ key: clusterRecordKey, createRevision: '0' }],
      success: [{ kind: 'put', key: clusterRecordKey, value }],
      failure: [{ kind: 'get', key: clusterRecordKey }],
    },
    options,
  );
  const present = found[0]?.[0];
  return succeeded || present === undefined ? record : parseClusterRecord(present);
}

/** Throws an `EtcdFault` when it is something else. */
export function parseClusterRecord({ key, value }: KeyValue): ClusterRecord {
  try {
    const { parent, ...record } = clusterRecordSchema.parse(JSON.parse(value));
    return parent === undefined ? record : { ...record, parent };
  } catch (problem) {
    throw new EtcdFault('unexpected-answer', `The value of ${key} is no cluster record.`, problem);
  }
}
