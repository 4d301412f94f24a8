import type { EtcdGateway } from '../test/support/etcd-gateway.ts';
import { waitUntil } from '../test/support/wait-until.ts';

export type Role = 'follower' | 'leader';

/** The leader, or the first member that is none. */
export async function roleHolder<Node extends { readonly gateway: EtcdGateway }>(
  nodes: readonly Node[],
  role: Role,
): Promise<Node> {
  return waitUntil(
    async () => {
      const statuses = await Promise.all(nodes.map((node) => node.gateway.status()));
      return nodes.find((_, index) => {
        const status = statuses[index];
        return (status?.leaderId === status?.memberId) === (role === 'leader');
      });
    },
    { what: `there is a ${role}`, withinMs: 30_000 },
  );
}
