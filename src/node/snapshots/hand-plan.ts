import { createHash } from 'node:crypto';
import type { BootstrapPlan, PinnedSnapshot, PlannedMember } from '../../../machines/facts.ts';

/** A member that is to be, as an operator names it. */
export type NamedMember = Pick<PlannedMember, 'name' | 'peerUrl'>;

export interface HandPlanRequest {
  /** Never used before; the same on each node that restores. */
  readonly token: string;
  readonly members: readonly NamedMember[];
  readonly snapshot: PinnedSnapshot;
}

/**
 * The plan of a restore that operators carry out node by node, without gossip. The same request
 * gives the same plan on every node, node ids and all. Its id, which is etcd's cluster token,
 * covers the snapshot and the members: nodes that were given different ones make different
 * clusters, and refuse one another.
 */
export function handPlan({ token, members, snapshot }: HandPlanRequest): BootstrapPlan {
  const planned = [...members]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, peerUrl }) => ({ nodeId: nodeIdOf(token, name), name, peerUrl }));
  const lines = planned.map(({ name, peerUrl }) => `${name} ${peerUrl}`);
  const id = `${token}-${digestOf([...lines, snapshot.sha256].join('\n'))}`;
  return { id, coordinator: planned[0]?.nodeId ?? '', members: planned, snapshot };
}

function nodeIdOf(token: string, name: string): string {
  return digestOf(`${token} ${name}`);
}

/** 12 hexadecimal digits, as node ids have them. */
function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
