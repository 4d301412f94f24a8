import type { EtcdEndpoint } from '../../etcd/client/endpoint.ts';
import type { SnapshotSource } from '../../snapshots/taking/snapshot-source.ts';

/** Reading all keys of a large database takes its time. */
const hashTimeoutMs = 5 * 60_000;

/** An etcd member as a source of snapshots. */
export function sourceOf(endpoint: EtcdEndpoint): SnapshotSource {
  return {
    status: (bounds) => endpoint.status(bounds),
    members: async (bounds) =>
      (await endpoint.memberList({ ...bounds, linearizable: false })).members,
    hashKv: (revision, bounds) =>
      endpoint.hashKv(revision, { ...bounds, timeoutMs: hashTimeoutMs }),
    stream: (bounds) => endpoint.snapshot(bounds),
  };
}
