import type { EtcdExitKind, MemberStatus } from '../facts.ts';
import type { MembershipChange } from '../membership/evidence.ts';
import { dueRemoval, isSteward } from '../membership/suspicions.ts';
import { leaderStatus } from '../quorum.ts';
import type { NodeContext } from './context.ts';

/** Questions about what is known; each reads as a sentence after "if". */

export function ownStatus({ probe }: Pick<NodeContext, 'probe'>): MemberStatus | null {
  const status = probe?.status;
  return status && 'memberId' in status ? status : null;
}

export function etcdServes(context: NodeContext): boolean {
  return ownStatus(context) !== null && context.probe?.serializable === 'ok';
}

/** A learner may not serve linearizable reads: that it follows a leader is what it can say. */
export function quorumHeld(context: NodeContext): boolean {
  const status = ownStatus(context);
  if (status?.learner) return status.leaderId !== null;
  return context.probe?.linearizable === 'ok';
}

export function isLearner(context: NodeContext): boolean {
  return ownStatus(context)?.learner === true;
}

/** The cluster has added us as a learner, and nothing has come of it yet. */
export function isAdmittedLearner({ lastChange, identity, probe }: NodeContext): boolean {
  if (lastChange?.kind !== 'done' || ownStatus({ probe })?.learner === false) return false;
  return lastChange.members.some(({ id, learner }) => learner && id === identity.memberId);
}

/** Entries that the leader knows our log to lack; null when it does not say. */
export function ownLogLag({ observation, identity }: NodeContext): number | null {
  const match = observation?.progress?.match[identity.memberId ?? ''];
  return match === undefined || !observation?.progress ? null : observation.progress.commit - match;
}

export function isVoter(context: NodeContext): boolean {
  return ownStatus(context)?.learner === false && quorumHeld(context);
}

/** Our etcd is another cluster's than the identity says: not the one we were told to run. */
export function clusterIsForeign(context: NodeContext): boolean {
  const status = ownStatus(context);
  const known = context.identity.clusterId;
  return status !== null && known !== null && status.clusterId !== known;
}

export function isSettled(context: NodeContext): boolean {
  const { identity } = context;
  const status = ownStatus(context);
  return (
    status !== null &&
    identity.plan === null &&
    identity.lineage !== null &&
    identity.memberId === status.memberId &&
    identity.clusterId === status.clusterId
  );
}

/** Entries that our own member is behind its leader; null when either is unknown. */
export function ownLag(context: Pick<NodeContext, 'observation' | 'probe'>): number | null {
  const { observation } = context;
  const ownId = ownStatus(context)?.memberId;
  if (!observation || ownId === undefined) return null;
  const own = observation.statuses[ownId];
  const leader = leaderStatus(observation.statuses);
  return own && leader ? leader.raftIndex - own.raftAppliedIndex : null;
}

/**
 * Our log has long caught up, but etcd does not open its client port. A new member announces itself
 * before it serves; if a snapshot comes in just then, the announcement is lost, and etcd waits
 * seven seconds before it tries again. Started anew, it announces itself at once.
 */
export function isMute({ muteSinceMs, settings, wasRoused }: NodeContext, atMs: number): boolean {
  return !wasRoused && muteSinceMs !== null && atMs - muteSinceMs >= settings.muteGraceMs;
}

export function steadilyCaughtUp(context: NodeContext, atMs: number): boolean {
  const { steadySinceMs, settings } = context;
  return steadySinceMs !== null && atMs - steadySinceMs >= settings.learnerSteadyMs;
}

/** The removal that is due and ours to make, or null. */
export function ownDueRemoval(context: NodeContext): MembershipChange | null {
  const status = ownStatus(context);
  if (!status || status.learner || !context.observation || !quorumHeld(context)) return null;
  const steward = isSteward({
    own: { name: context.identity.name, memberId: status.memberId },
    leaderId: status.leaderId,
    members: context.observation.members,
    peers: context.peers,
  });
  return steward ? dueRemoval(context.suspicions, context.settings.policy) : null;
}

/** What this node remembers: its lineage, and the one that it was restored from. */
export function ownLineages({ identity }: Pick<NodeContext, 'identity'>): readonly string[] {
  const { lineage, parentLineage } = identity;
  return [lineage, parentLineage].filter((one) => typeof one === 'string');
}

/** S9: whoever has data restarts from it, and does not ask the store. */
export function storeIsNeeded({ data, store }: NodeContext): boolean {
  return data.kind !== 'readable' && store !== 'none';
}

/** Snapshots are taken beside the leader, once the cluster is known to be what it is. */
export function snapshotsAreOurs(context: NodeContext): boolean {
  const status = ownStatus(context);
  return (
    context.settings.snapshots !== null &&
    status !== null &&
    status.leaderId === status.memberId &&
    context.probe?.linearizable === 'ok' &&
    isSettled(context)
  );
}

export function revisionHasMoved(context: NodeContext): boolean {
  const { last } = context.backup;
  return last === null || (ownStatus(context)?.revision ?? 0) > last.revision;
}

export function proofsAreOurs(context: NodeContext): boolean {
  return snapshotsAreOurs(context) && context.settings.snapshots?.verifyIntervalMs !== null;
}

const thinningPauseMs = 3_600_000;

export function thinningIsDue({ backup: { last, thinnedAtMs } }: NodeContext): boolean {
  return thinnedAtMs === null || (last?.atMs ?? 0) - thinnedAtMs >= thinningPauseMs;
}

/** A lineage that a cluster is to leave on an operator's word, with other members in it. */
function goesBack({ identity, planStep }: NodeContext): boolean {
  const plan = planStep !== null && 'plan' in planStep ? planStep.plan : identity.plan?.plan;
  return plan?.snapshot?.replaces !== undefined && plan.members.length > 1;
}

/** Before anything is fetched for it: gossip alone sends nobody to work. */
export function orderNeedsVoucher(context: NodeContext): boolean {
  const { planStep, vouchedPlan } = context;
  const isNew = planStep?.kind === 'acknowledge' && planStep.plan.id !== vouchedPlan;
  return isNew && goesBack(context);
}

export function runningClusterIsToGoBack({ order, identity }: NodeContext): boolean {
  return order?.kind === 'goBack' && identity.plan === null;
}

export function plannedSnapshotIsStaged({ planStep, stagedPlan }: NodeContext): boolean {
  return planStep?.kind === 'acknowledge' && planStep.plan.id === stagedPlan;
}

/** It is told before its snapshot is restored here: so all nodes restore it at a time. */
export function proposalIsOwn({ planStep, identity }: NodeContext): boolean {
  return planStep?.kind === 'acknowledge' && planStep.plan.coordinator === identity.nodeId;
}

/** This node told its proposal, and has not committed it. */
export function proposalStands({ identity: { plan, nodeId } }: NodeContext): boolean {
  return plan?.stage === 'acknowledged' && plan.plan.coordinator === nodeId;
}

/**
 * Before its own commit, and before any launch. After a restart it is not known any more that the
 * snapshot is ready: that is seen to anew.
 */
export function boundSnapshotIsNotStaged(context: NodeContext): boolean {
  const { identity, planStep, stagedPlan } = context;
  const isDue = proposalStands(context) || planStep?.kind === 'launch';
  return isDue && identity.plan?.plan.id !== stagedPlan;
}

/** Exits after which a start with the same data and flags cannot come out otherwise. */
const hopelessExits: readonly EtcdExitKind[] = [
  'bad-flags',
  'newer-data',
  'cluster-id-mismatch',
  'data-dir-permissions',
];

/** Exits whose cause lies outside, and may go away: a slow retry, not a restart loop. */
const obstructedExits: readonly EtcdExitKind[] = ['port-taken', 'disk-full'];

/** Exits of an etcd that has not come as far as its data dir. */
const earlyExits: readonly EtcdExitKind[] = ['bad-flags', 'port-taken', 'data-dir-permissions'];

/**
 * The first launch of a plan came to nothing, and nothing was written: without this the node would
 * take itself for one that lost its disk (S8).
 */
export function launchIsUnused({ identity, probe }: NodeContext, kind: EtcdExitKind): boolean {
  const isFirst = identity.plan?.stage === 'launched' && identity.memberId === null;
  const isRestored = identity.plan?.plan.snapshot !== undefined;
  return isFirst && !isRestored && ownStatus({ probe }) === null && earlyExits.includes(kind);
}

export function exitIsHopeless(kind: EtcdExitKind): boolean {
  return hopelessExits.includes(kind);
}

export function exitIsObstructed(kind: EtcdExitKind): boolean {
  return obstructedExits.includes(kind);
}
