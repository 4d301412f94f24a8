import type {
  BootstrapPlan,
  Peer,
  PinnedSnapshot,
  PlannedMember,
  PlanProposal,
  RestoreOrder,
} from '../facts.ts';
import { foundingPeers, type LifecycleFacts } from './lifecycle-facts.ts';

/**
 * The next step on the way to a unanimous plan (S7), as a two-phase commit over gossip. A plan
 * begins a new cluster, or restores one from the snapshot that it names (S4).
 *
 * The founding node with the smallest node id coordinates, or the one that an operator gave an
 * order to. It proposes exactly the required nodes;
 * each of them pins its acknowledgement on disk before it tells of it, and is bound by it until the
 * coordinator itself says otherwise. When all have acknowledged, the coordinator pins and tells the
 * commit, and only then does anyone start etcd. So two plans that share a node cannot both come
 * true; with fewer than twice the required nodes about, any two plans do.
 */
export type PlanStep =
  | { readonly kind: 'wait'; readonly reason: string }
  /** The coordinator of a restore has to choose its snapshot, and to see that it is sound. */
  | { readonly kind: 'choose' }
  /** Another node has to: what it is likely to propose may lie ready here by then. */
  | { readonly kind: 'fetch' }
  | { readonly kind: 'acknowledge'; readonly plan: BootstrapPlan }
  | { readonly kind: 'commit'; readonly plan: BootstrapPlan }
  | { readonly kind: 'launch'; readonly plan: BootstrapPlan }
  | { readonly kind: 'release'; readonly reason: string };

export type PlanFacts = Pick<LifecycleFacts, 'identity' | 'peers'> & {
  /** Never used before, by any node: makes the plan's id, which is the cluster token, unique. */
  readonly nonce: string;
  /** Null while the nodes mean to begin anew. */
  readonly restore: RestoreStanding | null;
};

/** How far the choice of a snapshot has come on this node, and who asked for the restore. */
export interface RestoreStanding {
  readonly choice: PinnedSnapshot | null;
  /** Whether this node has tried to fetch what another one is about to choose. */
  readonly hasFetched: boolean;
  readonly order: RestoreOrder | null;
}

export function planStep(facts: PlanFacts): PlanStep {
  const pinned = facts.identity.plan;
  if (pinned === null) return stepUnbound(facts);
  if (pinned.stage !== 'acknowledged') return { kind: 'launch', plan: pinned.plan };
  return pinned.plan.coordinator === facts.identity.nodeId
    ? stepAsCoordinator(facts, pinned.plan)
    : stepAsParticipant(facts, pinned.plan);
}

function stepUnbound(facts: PlanFacts): PlanStep {
  const { identity, restore } = facts;
  const offered = proposalsNaming(facts)[0];
  if (offered) return stepTowards(facts, offered);
  const founders = foundersOf(facts);
  const first = founders[0];
  const required = restore?.order?.kind === 'rebuild' ? 1 : identity.requiredSize;
  if (founders.length < required || first === undefined) {
    return { kind: 'wait', reason: 'the other nodes follow a plan without this one' };
  }
  const isOrdered = restore !== null && restore.order !== null;
  if (first.nodeId !== identity.nodeId && !isOrdered) {
    return restore?.hasFetched === false
      ? { kind: 'fetch' }
      : { kind: 'wait', reason: `${first.name} is to propose the plan` };
  }
  if (restore !== null && restore.choice === null) return { kind: 'choose' };
  const members = [ownMember(facts), ...founders.filter((one) => one.nodeId !== identity.nodeId)];
  const planned = members.slice(0, required);
  return {
    kind: 'acknowledge',
    plan: makePlan(facts.nonce, planned, {
      coordinator: identity.nodeId,
      snapshot: restore?.choice ?? undefined,
    }),
  };
}

/** This node and those that could take part with it, smallest node id first. */
function foundersOf(facts: PlanFacts): readonly PlannedMember[] {
  if (facts.restore?.order?.kind === 'rebuild') return [ownMember(facts)];
  const free = companionsOf(facts).filter((peer) => peer.plan === null);
  return [ownMember(facts), ...free.map(plannedMember)].sort(byNodeId);
}

/** The nodes that may be in a plan with this one: without data, or of the cluster to go back. */
function companionsOf(facts: PlanFacts, replaces = replacedBy(facts)): readonly Peer[] {
  return replaces === undefined
    ? foundingPeers(facts)
    : facts.peers.filter((peer) => peer.lineage === replaces && takesPart(peer));
}

function takesPart({ liveness, status }: Peer): boolean {
  return liveness === 'alive' && (status === 'running' || status === 'restoring');
}

function replacedBy({ restore }: PlanFacts): string | undefined {
  return restore?.order?.kind === 'goBack' ? (restore.order.lineage ?? undefined) : undefined;
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
  if ((proposal?.snapshot !== undefined) !== (facts.restore !== null)) {
    return {
      kind: 'wait',
      reason: `${coordinator.name} proposes to ${proposal?.snapshot === undefined ? 'begin anew' : 'restore a snapshot'}, and this node sees the store otherwise`,
    };
  }
  const plan = proposal === undefined ? null : resolveProposal(facts, proposal, coordinator);
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
function resolveProposal(
  facts: PlanFacts,
  { nonce, nodeIds, snapshot }: PlanProposal,
  { nodeId: coordinator }: Peer,
): BootstrapPlan | null {
  const replaces = snapshot?.replaces;
  if (replaces !== undefined && replaces !== facts.identity.lineage) return null;
  const seen = [ownMember(facts), ...companionsOf(facts, replaces).map(plannedMember)];
  const members = nodeIds.map((nodeId) => seen.find((node) => node.nodeId === nodeId));
  if (members.length !== facts.identity.requiredSize) return null;
  if (!members.every((member) => member !== undefined)) return null;
  return makePlan(nonce, members, { coordinator, snapshot });
}

function stepAsCoordinator(facts: PlanFacts, plan: BootstrapPlan): PlanStep {
  if (plan.snapshot?.replaces !== undefined && !facts.restore?.order) {
    return { kind: 'release', reason: 'nobody stands by the order to leave a lineage any more' };
  }
  const holder = facts.peers.find((peer) => forbidsPlan(peer, plan));
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

/** S2: whoever has data forbids it to be left behind, unless an operator gave it up by name. */
function forbidsPlan(peer: Peer, { snapshot }: BootstrapPlan): boolean {
  if (snapshot?.replaces !== undefined) return false;
  if (peer.status === 'running') return true;
  return snapshot === undefined
    ? peer.data !== 'none'
    : peer.data !== 'none' && peer.data !== 'lost';
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
  if (facts.restore?.order?.kind === 'callOff') {
    return { kind: 'release', reason: 'an operator called the plan off: its coordinator is gone' };
  }
  const coordinator = facts.peers.find(({ nodeId }) => nodeId === plan.coordinator);
  if (coordinator?.liveness !== 'alive') {
    return {
      kind: 'wait',
      reason: `the coordinator of plan ${plan.id} is not here, and only it can say whether the plan was carried out`,
    };
  }
  const isUncommitted = coordinator.data === 'none' || plan.snapshot !== undefined;
  if (coordinator.plan?.id !== plan.id && isUncommitted) {
    return { kind: 'release', reason: `${coordinator.name} called plan ${plan.id} off` };
  }
  return { kind: 'wait', reason: `${coordinator.name} has not committed plan ${plan.id} yet` };
}

/**
 * The id covers nonce, members, coordinator and snapshot in full, so equal ids mean equal plans. It
 * is the cluster token.
 */
function makePlan(
  nonce: string,
  members: readonly PlannedMember[],
  { coordinator, snapshot }: { coordinator: string; snapshot: PinnedSnapshot | undefined },
): BootstrapPlan {
  const sorted = [...members].sort(byNodeId);
  const lines = sorted.map(({ nodeId, name, peerUrl }) => `${nodeId} ${name} ${peerUrl}`);
  if (snapshot !== undefined) {
    const { id, sha256, revision, replaces } = snapshot;
    lines.push(`${coordinator} ${id} ${sha256} ${revision} ${replaces ?? ''}`);
  }
  return {
    id: `${nonce}-${digestOf(lines.join('\n'))}`,
    coordinator,
    members: sorted,
    ...(snapshot === undefined ? {} : { snapshot }),
  };
}

/** What the coordinator publishes of its plan: the other nodes know the rest from gossip. */
export function proposalOf({ id, members, snapshot }: BootstrapPlan): PlanProposal {
  return {
    nonce: id.slice(0, id.lastIndexOf('-')),
    nodeIds: members.map(({ nodeId }) => nodeId),
    ...(snapshot === undefined ? {} : { snapshot }),
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
