import type { MemberId, NodeStatus, Peer, PlanVote } from '../facts.ts';
import { dataClaim } from '../lifecycle/lifecycle-facts.ts';
import { proposalOf } from '../lifecycle/plan.ts';
import type { NodeContext } from './context.ts';
import { quorumHeld } from './guards.ts';

/**
 * What a node tells all others about itself, by gossip metadata: all that they know of it as a
 * peer.
 */
export type Announcement = Omit<Peer, 'liveness'>;

/** The part of a snapshot that an announcement is a function of. */
export interface Announced {
  readonly context: NodeContext;
  matches(state: object | string): boolean;
}

/**
 * A node's announcement is a projection of its chart: nothing is said that the chart does not hold.
 */
export function announcementOf(snapshot: Announced): Announcement {
  const { identity, settings, data, etcdVersion } = snapshot.context;
  return {
    nodeId: identity.nodeId,
    name: identity.name,
    peerUrl: settings.peerUrl,
    clientUrl: settings.clientUrl,
    requiredSize: settings.requiredSize,
    status: statusOf(snapshot),
    data: dataClaim(data, identity),
    clusterId: identity.clusterId,
    lineage:
      identity.lineage ?? (identity.plan?.stage === 'launched' ? identity.plan.plan.id : null),
    plan: voteOf(snapshot.context),
    unreachable: unreachableFrom(snapshot.context),
    etcdVersion,
    e2dVersion: settings.e2dVersion,
  };
}

function statusOf(snapshot: Announced): NodeStatus {
  if (snapshot.matches({ active: 'deciding' })) return 'surveying';
  if (snapshot.matches({ active: 'bootstrappingNew' })) return 'planning';
  if (snapshot.matches({ active: 'restoringFromSnapshot' })) return 'restoring';
  if (snapshot.matches({ active: { running: { etcd: { up: 'healthy' } } } })) {
    return quorumHeld(snapshot.context) ? 'running' : 'starting';
  }
  return snapshot.matches('active') ? 'starting' : 'stopping';
}

function voteOf({ identity }: NodeContext): PlanVote | null {
  if (identity.plan === null) return null;
  const { plan, stage } = identity.plan;
  const vote = { id: plan.id, stage };
  return plan.coordinator === identity.nodeId ? { ...vote, proposal: proposalOf(plan) } : vote;
}

/** Members whose endpoints were silent when this node last asked them. */
export function unreachableFrom({ observation }: NodeContext): readonly MemberId[] {
  if (!observation) return [];
  return observation.members.map(({ id }) => id).filter((id) => !observation.statuses[id]);
}
