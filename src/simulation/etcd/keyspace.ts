import { createHash } from 'node:crypto';
import type { ClusterId } from '../../../machines/facts.ts';
import type { LeaseId, SnapshotStream } from '../../etcd/client/endpoint.ts';
import type { RaftMember } from './member.ts';
import type { Stored } from './state-machine.ts';
import { writesIn } from './writes.ts';

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

export interface KeyspaceStream extends SnapshotStream {
  readonly keyspace: Keyspace;
}

const bytesPerKey = 256;
const emptyBytes = 20_480;

/** The member's own keys as far as it has applied its log. */
export function keyspaceOf(member: RaftMember): Keyspace {
  const { clusterId, machine, data, applied } = member;
  const keys = [...machine.keys];
  const leases = [...machine.leases].map(([id, { ttlSeconds }]) => [id, ttlSeconds] as const);
  return sealed({
    clusterId,
    revision: machine.revision,
    keys,
    leases,
    writes: [...writesIn(data.log.slice(0, applied))],
  });
}

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

export function streamOf(member: RaftMember): KeyspaceStream {
  const keyspace = keyspaceOf(member);
  return { totalBytes: sizeOf(keyspace), chunks: chunksOf(keyspace), keyspace };
}

/** The bytes are not modelled: whoever wants the content takes the keyspace. */
async function* chunksOf({ sha256 }: Keyspace): AsyncGenerator<Uint8Array> {
  yield Buffer.from(sha256, 'hex');
}
