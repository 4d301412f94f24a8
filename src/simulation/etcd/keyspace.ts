import { createHash } from 'node:crypto';
import type { ClusterId } from '../../../machines/facts.ts';
import type { LeaseId } from '../../etcd/client/endpoint.ts';

export interface Stored {
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly leaseId: LeaseId | null;
}

/** What a snapshot of etcd holds: all keys at a revision, and how they came about. */
export interface Keyspace {
  /** Of the cluster that it was taken from. */
  readonly clusterId: ClusterId;
  readonly revision: number;
  readonly keys: readonly (readonly [key: string, stored: Stored])[];
  readonly leases: readonly (readonly [id: LeaseId, ttlSeconds: number])[];
  /** Every write up to here, overwritten since or not, by `writeName`. */
  readonly writes: readonly string[];
  /** Stands for the SHA-256 of the database. */
  readonly sha256: string;
}

const bytesPerKey = 256;
const emptyBytes = 20_480;

/** With the hash of what it holds. */
export function sealed(keyspace: Omit<Keyspace, 'sha256'>): Keyspace {
  const { clusterId, revision, keys } = keyspace;
  const sha256 = createHash('sha256')
    .update(JSON.stringify([clusterId, revision, keys]))
    .digest('hex');
  return { ...keyspace, sha256 };
}

export function sizeOf({ keys }: Keyspace): number {
  return emptyBytes + bytesPerKey * keys.length;
}
