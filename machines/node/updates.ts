import type {
  BootstrapPlan,
  ClusterRecord,
  EtcdExitReason,
  EtcdLaunch,
  Fault,
  Identity,
  MembersObservation,
  OwnProbe,
  Peer,
  PinnedSnapshot,
} from '../facts.ts';
import { decide } from '../lifecycle/decide.ts';
import type { LifecyclePath } from '../lifecycle/decision.ts';
import type { LifecycleFacts } from '../lifecycle/lifecycle-facts.ts';
import { initialClusterOf, planStep } from '../lifecycle/plan.ts';
import { updateSuspicions } from '../membership/suspicions.ts';
import { memberAt } from '../quorum.ts';
import { forgetTrust } from './certificate-updates.ts';
import { type NodeContext, noBackup, type Update } from './context.ts';
import type { ChangeOutcome, Prepared } from './effects.ts';
import { etcdServes, isAdmittedLearner, ownLag, ownLogLag, ownStatus } from './guards.ts';

export function takePrepared(_: NodeContext, prepared: Prepared): Update {
  return { ...prepared };
}

export function lifecycleFacts(context: NodeContext): LifecycleFacts {
  const { data, identity, adoptedPid, removedByCluster, answer, peers, store, order } = context;
  return {
    data,
    identity,
    adoptedPid,
    removedByCluster,
    answer,
    peers,
    store,
    restorePolicy: context.settings.restorePolicy,
    order,
    storeSentence: context.storeSentence,
    origin: context.storeOrigin,
  };
}

/** Decides anew from all facts; what the decision is shows in the state that follows. */
export function weigh(context: NodeContext): Update {
  return { decision: decide(lifecycleFacts(context)) };
}

/** A bound node does not change its mind: its first reason stands until the plan is over. */
export function weighUnlessBound(context: NodeContext): Update {
  return context.identity.plan === null ? weigh(context) : {};
}

export function takePath(_: NodeContext, path: LifecyclePath): Update {
  return { path };
}

export function takePeers(_: NodeContext, peers: readonly Peer[]): Update {
  return { peers };
}

export function stepPlan(context: NodeContext): Update {
  const { identity, peers, settings, proposals } = context;
  const nonce = `${settings.nonce}.${proposals}`;
  const restore =
    context.path === 'restore-from-snapshot'
      ? { choice: context.choice, hasFetched: context.hasFetched, order: context.order }
      : null;
  return { planStep: planStep({ identity, peers, nonce, restore }) };
}

/** What is pinned counts. A nonce is used up once a plan of it may have been told to others. */
export function takeIdentity(
  { identity: before, proposals }: NodeContext,
  identity: Identity,
): Update {
  const isNewPlan = before.plan === null && identity.plan?.plan.coordinator === identity.nodeId;
  return { identity, proposals: isNewPlan ? proposals + 1 : proposals };
}

/** The identity as it must be on disk before the plan's step may show (S7). */
export function identityAfterStep({ identity, planStep: step }: NodeContext): Identity {
  switch (step?.kind) {
    case 'acknowledge':
      return { ...identity, plan: { stage: 'acknowledged', plan: step.plan } };
    case 'commit':
      return { ...identity, plan: { stage: 'committed', plan: step.plan } };
    case 'launch':
      return { ...asNew(identity, step.plan), plan: { stage: 'launched', plan: step.plan } };
    case 'release':
      return { ...identity, plan: null };
    default:
      return identity;
  }
}

/** S5: a restored cluster is another one: nothing of the old member is this node's any more. */
function asNew(identity: Identity, { snapshot }: BootstrapPlan): Identity {
  if (snapshot === undefined) return identity;
  return { ...ofLineage(identity, null), memberId: null, clusterId: null };
}

/** The identity as one of a lineage, and of the one that it was restored from. */
function ofLineage(identity: Identity, record: ClusterRecord | null): Identity {
  const { parentLineage: _, ...rest } = identity;
  const parentLineage = record?.parent?.lineage ?? null;
  return {
    ...rest,
    lineage: record?.lineage ?? null,
    ...(parentLineage === null ? {} : { parentLineage }),
  };
}

export function takeRecord({ identity }: NodeContext, record: ClusterRecord): Update {
  return { identity: ofLineage(identity, record) };
}

export function launchFromPlan({ identity }: NodeContext): Update {
  const plan = identity.plan?.plan;
  if (!plan) return {};
  return {
    launch: {
      // With its data in place etcd ignores this; without, it must not begin an empty cluster (S4).
      clusterState: plan.snapshot === undefined ? 'new' : 'existing',
      initialCluster: initialClusterOf(plan),
      clusterToken: plan.id,
      ...(plan.snapshot === undefined ? {} : { isRestored: true }),
    },
  };
}

/** etcd takes all of it from its data; the flags must only name the member itself. */
export function launchFromData({ identity }: NodeContext): Update {
  return {
    launch: {
      clusterState: 'existing',
      initialCluster: `${identity.name}=${identity.peerUrl}`,
      clusterToken: identity.lineage ?? 'e2d',
    },
  };
}

export function takeChange(context: NodeContext, outcome: ChangeOutcome): Update {
  const failedChanges = outcome.kind === 'done' ? 0 : context.failedChanges + 1;
  return { lastChange: outcome, failedChanges };
}

export function takeAdmission(context: NodeContext, outcome: ChangeOutcome): Update {
  if (outcome.kind !== 'done') return takeChange(context, outcome);
  const { identity, answer } = context;
  return {
    ...takeChange(context, outcome),
    muteSinceMs: null,
    wasRoused: false,
    launch: launchAmong(outcome.members, identity),
    identity: {
      ...ofLineage(identity, answer.kind === 'answers' ? answer.record : null),
      memberId: outcome.memberId,
      clusterId: outcome.clusterId,
      plan: null,
    },
  };
}

function launchAmong(
  members: Extract<ChangeOutcome, { kind: 'done' }>['members'],
  identity: Identity,
): EtcdLaunch {
  const own = memberAt(members, identity.peerUrl);
  const pairs = members.flatMap((member) =>
    member.peerUrls.map(
      (url) => `${member === own ? identity.name : member.name || member.id}=${url}`,
    ),
  );
  return {
    clusterState: 'existing',
    initialCluster: pairs.join(','),
    clusterToken: identity.lineage ?? 'e2d',
  };
}

/** What an operator gives up with the snapshot is a part of the choice, and so of the plan. */
export function takeChoice({ order }: NodeContext, choice: PinnedSnapshot): Update {
  const replaces = order?.kind === 'approve' ? null : (order?.lineage ?? null);
  return {
    choice: replaces === null ? choice : { ...choice, replaces },
    failedRestores: 0,
  };
}

/** Nothing has moved: the store is read again before anything is tried again (S1). */
export function takeRestoreFault(context: NodeContext, fault: Fault): Update {
  return {
    fault,
    choice: null,
    hasFetched: false,
    stagedPlan: null,
    failedRestores: context.failedRestores + 1,
    store: context.store === 'none' ? 'none' : 'unreadable',
    storeSentence: fault.message,
  };
}

/** S4: what was launched is not in place yet, so the node stays bound to put it there. */
export function resumeLaunch({ identity }: NodeContext): Update {
  const { plan } = identity;
  return plan?.stage === 'launched'
    ? { identity: { ...identity, plan: { ...plan, stage: 'committed' } } }
    : {};
}

/** A new lineage: what was known of the old one's snapshots says nothing of it (S5). */
/**
 * An order to go back or to rebuild is given once. An approval stands while the store gives
 * trouble, and falls when the snapshot that it names is the trouble.
 */
export function dropOrder({ order, fault }: NodeContext): Update {
  const isUnfit = order?.snapshotId !== null && fault?.code.startsWith('E2D_SNAPSHOT');
  return order?.kind === 'approve' && !isUnfit ? {} : { order: null, choice: null };
}

export function noteRestored(_: NodeContext): Update {
  return {
    backup: noBackup,
    data: { kind: 'readable' },
    order: null,
    choice: null,
    hasFetched: false,
    vouchedPlan: null,
    stagedPlan: null,
    failedRestores: 0,
  };
}

/** etcd ran on, unwatched, while a restore was weighed: it is taken up as one that runs already. */
export function keepEtcd({ pid, adoptedPid }: NodeContext): Update {
  return { adoptedPid: pid ?? adoptedPid };
}

export function forgetEtcd(_: NodeContext): Update {
  return {
    pid: null,
    adoptedPid: null,
    probe: null,
    observation: null,
    suspicions: [],
    steadySinceMs: null,
    muteSinceMs: null,
  };
}

export function forgetData(_: NodeContext): Update {
  return { data: { kind: 'none' }, removedByCluster: false };
}

export function takeLaunched(context: NodeContext, pid: number): Update {
  return { ...forgetTrust(context), pid, adoptedPid: null, data: { kind: 'readable' } };
}

export function noteRoused(_: NodeContext): Update {
  return { wasRoused: true, muteSinceMs: null, probe: null };
}

export function takeProbe(context: NodeContext, probe: OwnProbe): Update {
  const serves = probe.linearizable === 'ok';
  return { probe, failedStarts: serves ? 0 : context.failedStarts };
}

export function takeExit(context: NodeContext, reason: EtcdExitReason): Update {
  return {
    ...forgetEtcd(context),
    lastExit: reason,
    failedStarts: context.failedStarts + 1,
  };
}

export function takeLaunchFault(context: NodeContext, fault: Fault): Update {
  return { fault, failedStarts: context.failedStarts + 1 };
}

export function noteRemoved(_: NodeContext): Update {
  return { removedByCluster: true, answer: { kind: 'silent' } };
}

/** etcd was launched among members that are not the cluster's any more; it has written no data. */
export function noteMismatch(_: NodeContext): Update {
  return { data: { kind: 'none' }, answer: { kind: 'silent' } };
}

export function noteUnreadable(_: NodeContext, problem: string): Update {
  return { data: { kind: 'unreadable', problem }, answer: { kind: 'silent' } };
}

/** Takes in a sweep over the members, and what it says of each of them and of our own lag. */
export function takeObservation(
  context: NodeContext,
  seen: { readonly atMs: number; readonly observation: MembersObservation },
): Update {
  const { observation, atMs } = seen;
  const lag = ownLag({ ...context, observation });
  const logLag = isAdmittedLearner(context) ? ownLogLag({ ...context, observation }) : null;
  const { learnerLagMaxEntries } = context.settings.policy;
  const mute = !etcdServes(context) && logLag !== null && logLag <= learnerLagMaxEntries;
  const steady = lag !== null && lag <= learnerLagMaxEntries;
  return {
    observation,
    steadySinceMs: steady ? (context.steadySinceMs ?? atMs) : null,
    muteSinceMs: mute ? (context.muteSinceMs ?? atMs) : null,
    suspicions: updateSuspicions(context.suspicions, {
      atMs,
      ownMemberId: ownStatus(context)?.memberId ?? '',
      ...observation,
      peers: context.peers,
      maxGapMs: context.settings.observationGapMs,
    }),
  };
}

/** S17: what was seen before our own standstill proves nothing about anyone else. */
export function doubtSelf(_: NodeContext): Update {
  return { suspicions: [], steadySinceMs: null };
}

/** The identity of a settled member: the plan has served, and the cluster is known to exist. */
export function settledIdentity(context: NodeContext): Identity {
  const { identity } = context;
  const status = ownStatus(context);
  if (status === null) return identity;
  return {
    ...identity,
    memberId: status.memberId,
    clusterId: status.clusterId,
    plan: null,
  };
}
