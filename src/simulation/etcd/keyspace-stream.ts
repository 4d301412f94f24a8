import type { SnapshotStream } from '../../etcd/client/endpoint.ts';
import { type Keyspace, sealed, sizeOf } from './keyspace.ts';
import type { RaftMember } from './member.ts';
import { writesIn } from './writes.ts';

export interface KeyspaceStream extends SnapshotStream {
  readonly keyspace: Keyspace;
}

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

export function streamOf(member: RaftMember): KeyspaceStream {
  const keyspace = keyspaceOf(member);
  return { totalBytes: sizeOf(keyspace), chunks: chunksOf(keyspace), keyspace };
}

/** The bytes are not modelled: whoever wants the content takes the keyspace. */
async function* chunksOf({ sha256 }: Keyspace): AsyncGenerator<Uint8Array> {
  yield Buffer.from(sha256, 'hex');
}
