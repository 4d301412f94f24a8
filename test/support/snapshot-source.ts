import type { EtcdEndpoint } from '../../src/etcd/client/endpoint.ts';
import type { SnapshotSource } from '../../src/snapshots/taking/snapshot-source.ts';

/** The port of `src/snapshots` over a real member. */
export function sourceOf(endpoint: EtcdEndpoint): SnapshotSource {
  return {
    status: (bounds) => endpoint.status(bounds),
    members: async (bounds) => (await endpoint.memberList(bounds)).members,
    hashKv: (revision, bounds) => endpoint.hashKv(revision, bounds),
    stream: (bounds) => endpoint.snapshot(bounds),
  };
}
