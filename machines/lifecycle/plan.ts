import type { BootstrapPlan, Peer, PlannedMember, PlanProposal } from '../facts.ts';
import { foundingPeers, type LifecycleFacts } from './decide.ts';

/**
 * The next step on the way to a unanimous bootstrap plan (S7), as a two-phase commit over gossip.
 *
 * The founding node with the smallest node id coordinates. It proposes exactly the required nodes;
 * each of them pins its acknowledgement on disk before it tells of it, and is bound by it until the
 * coordinator itself says otherwise. When all have acknowledged, the coordinator pins and tells the
 * commit, and only then does anyone start etcd. So two plans that share a node cannot both come
 * true; with fewer than twice the required nodes about, any two plans do.
 */
export type PlanStep =
  | { readonly kind: 'wait'; readonly reason: string }
  | { readonly kind: 'acknowledge'; readonly plan: BootstrapPlan }
  | { readonly kind: 'commit'; readonly plan: BootstrapPlan }
  | { readonly kind: 'launch'; readonly plan: BootstrapPlan }
  | { readonly kind: 'release'; readonly reason: string };

export type PlanFacts = Pick<LifecycleFacts, 'identity' | 'peers'> & {
  /** Never used before, by any node: makes the plan's id, which is the cluster token, unique. */
  readonly nonce: string;
};

export function planStep(facts: PlanFacts): PlanStep {
  const pinned = facts.identity.plan;
  if (pinned === null) return stepUnbound(facts);
  if (pinned.stage !== 'acknowledged') return { kind: 'launch', plan: pinned.plan };
  return pinned.plan.coordinator === facts.identity.nodeId
    ? stepAsCoordinator(facts, pinned.plan)
    : stepAsParticipant(facts, pinned.plan);
}

function stepUnbound(facts: PlanFacts): PlanStep {
  const { identity } = facts;
  const offered = proposalsNaming(facts)[0];
  if (offered) return stepTowards(facts, offered);
  const free = foundingPeers(facts).filter((peer) => peer.plan === null);
  const founders = [ownMember(facts), ...free.map(plannedMember)].sort(byNodeId);
  const coordinator = founders[0];
  if (founders.length < identity.requiredSize || coordinator === undefined) {
    return { kind: 'wait', reason: 'the other nodes follow a plan without this one' };
  }
  if (coordinator.nodeId !== identity.nodeId) {
    return { kind: 'wait', reason: `${coordinator.name} is to propose the bootstrap plan` };
  }
  const members = founders.slice(0, identity.requiredSize);
  return { kind: 'acknowledge', plan: makePlan(facts.nonce, members) };
}

/**
 * Proposals that include this node and come from the coordinator they name, smallest node id first.
 */
function proposalsNaming({ peers, identity }: PlanFacts): readonly Peer[] {
  return peers
    .filter((peer) => peer.liveness === 'alive' && peer.plan?.stage === 'acknowledged')
    .filter((peer) => peer.plan?.proposal?.nodeIds.includes(identity.nodeId))
    .sort(byNodeId);
}

function stepTowards(facts: PlanFacts, coordinator: Peer): PlanStep {
  const proposal = coordinator.plan?.proposal;
  const plan = proposal === undefined ? null : resolveProposal(facts, proposal);
  if (plan === null || plan.id !== coordinator.plan?.id) {
    return {
      kind: 'wait',
      reason: `${coordinator.name} proposes plan ${coordinator.plan?.id}, which names nodes that this one does not see alike`,
    };
  }
  return { kind: 'acknowledge', plan };
}

/**
 * The plan a proposal means by this node's own view; null when a node of it is not seen founding.
 */
function resolveProposal(facts: PlanFacts, proposal: PlanProposal): BootstrapPlan | null {
  const seen = [ownMember(facts), ...foundingPeers(facts).map(plannedMember)];
  const members = proposal.nodeIds.map((nodeId) => seen.find((node) => node.nodeId === nodeId));
  if (members.length !== facts.identity.requiredSize) return null;
  if (!members.every((member) => member !== undefined)) return null;
  return makePlan(proposal.nonce, members);
}

function stepAsCoordinator(facts: PlanFacts, plan: BootstrapPlan): PlanStep {
  const holder = facts.peers.find((peer) => peer.data !== 'none' || peer.status === 'running');
  if (holder) {
    return { kind: 'release', reason: `${holder.name} says that its data is ${holder.data}` };
  }
  const others = plan.members.filter(({ nodeId }) => nodeId !== facts.identity.nodeId);
  for (const other of others) {
    const peer = facts.peers.find(({ nodeId }) => nodeId === other.nodeId);
    if (peer?.liveness !== 'alive') {
      return { kind: 'release', reason: `${other.name} is not alive any more` };
    }
  }
  const rival = rivalsOf(plan, facts.peers)[0];
  if (rival && rival.nodeId < plan.coordinator) {
    return { kind: 'release', reason: `${rival.name} coordinates another plan, and comes first` };
  }
  if (rival) {
    return { kind: 'wait', reason: `${rival.name} has to call its own plan off` };
  }
  const silent = others.find(
    ({ nodeId }) => facts.peers.find((peer) => peer.nodeId === nodeId)?.plan?.id !== plan.id,
  );
  return silent
    ? { kind: 'wait', reason: `${silent.name} has not acknowledged plan ${plan.id} yet` }
    : { kind: 'commit', plan };
}

/** Living coordinators of other plans, the one that comes first at the head. */
function rivalsOf(plan: BootstrapPlan, peers: readonly Peer[]): readonly Peer[] {
  return peers
    .filter((peer) => peer.liveness === 'alive' && peer.plan?.proposal !== undefined)
    .filter((peer) => peer.plan?.id !== plan.id)
    .sort(byNodeId);
}

function stepAsParticipant(facts: PlanFacts, plan: BootstrapPlan): PlanStep {
  const committed = facts.peers.some(
    (peer) =>
      peer.lineage === plan.id || (peer.plan?.id === plan.id && peer.plan.stage !== 'acknowledged'),
  );
  if (committed) return { kind: 'launch', plan };
  const coordinator = facts.peers.find(({ nodeId }) => nodeId === plan.coordinator);
  if (coordinator?.liveness !== 'alive') {
    return {
      kind: 'wait',
      reason: `the coordinator of plan ${plan.id} is not here, and only it can say whether the plan was carried out`,
    };
  }
  if (coordinator.plan?.id !== plan.id && coordinator.data === 'none') {
    return { kind: 'release', reason: `${coordinator.name} called plan ${plan.id} off` };
  }
  return { kind: 'wait', reason: `${coordinator.name} has not committed plan ${plan.id} yet` };
}

/**
 * The id covers nonce and members in full, so equal ids mean equal plans. It is the cluster token.
 */
function makePlan(nonce: string, members: readonly PlannedMember[]): BootstrapPlan {
  const sorted = [...members].sort(byNodeId);
  const text = sorted.map(({ nodeId, name, peerUrl }) => `${nodeId} ${name} ${peerUrl}`).join('\n');
  return {
    id: `${nonce}-${digestOf(text)}`,
    coordinator: sorted[0]?.nodeId ?? '',
    members: sorted,
  };
}

/** What the coordinator publishes of its plan: the other nodes know the rest from gossip. */
export function proposalOf(plan: BootstrapPlan): PlanProposal {
  return {
    nonce: plan.id.slice(0, plan.id.lastIndexOf('-')),
    nodeIds: plan.members.map(({ nodeId }) => nodeId),
  };
}

export function initialClusterOf(plan: BootstrapPlan): string {
  return plan.members.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(',');
}

function ownMember({ identity }: PlanFacts): PlannedMember {
  return { nodeId: identity.nodeId, name: identity.name, peerUrl: identity.peerUrl };
}

function plannedMember({ nodeId, name, peerUrl }: Peer): PlannedMember {
  return { nodeId, name, peerUrl };
}

function byNodeId(a: { readonly nodeId: string }, b: { readonly nodeId: string }): number {
  return a.nodeId < b.nodeId ? -1 : a.nodeId > b.nodeId ? 1 : 0;
}

/** FNV-1a, 64 bits: tells unlike texts apart; it is no protection against a forger. */
function digestOf(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const character of text) {
    hash ^= BigInt(character.codePointAt(0) ?? 0);
    hash = (hash * 0x100000001b3n) & 0xffffffffffffffffn;
  }
  return hash.toString(16).padStart(16, '0');
}
