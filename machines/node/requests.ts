import type { EtcdLaunch } from '../facts.ts';
import type { MembershipChange } from '../membership/evidence.ts';
import type { RuleId } from '../rules.ts';
import type { NodeContext } from './context.ts';
import type { NodeEffects, Reason } from './effects.ts';
import { ownDueRemoval, ownStatus } from './guards.ts';
import { identityAfterStep, settledIdentity } from './updates.ts';

/** The inputs of effects: what is asked for, and why. Total functions of the context. */
type Input<Name extends keyof NodeEffects> = NodeEffects[Name]['input'];

export function because(rule: RuleId, sentence: string): { readonly reason: Reason } {
  return { reason: { rule, sentence } };
}

export function ofDecision({ decision }: NodeContext): { readonly reason: Reason } {
  return because(decision?.rule ?? 'S1', decision?.reason ?? 'nothing was decided');
}

/** Client URLs of everyone else that may answer: started members first, then gossip's nodes. */
export function otherEndpoints(context: NodeContext): readonly string[] {
  const { answer, observation, identity, peers } = context;
  const members = observation?.members ?? (answer.kind === 'answers' ? answer.members : []);
  const answering = answer.kind === 'answers' ? answer.answering : [];
  const urls = members
    .filter((member) => !member.peerUrls.includes(identity.peerUrl) && !member.learner)
    .sort((a, b) => Number(answering.includes(b.id)) - Number(answering.includes(a.id)))
    .flatMap((member) => member.clientUrls);
  const gossiped = peers.filter(({ liveness }) => liveness === 'alive').map((p) => p.clientUrl);
  return [...new Set([...urls, ...gossiped])];
}

export function changeRequest(context: NodeContext) {
  const { requiredSize, policy } = context.settings;
  return { requiredSize, policy, endpoints: otherEndpoints(context) };
}

/** Why what lies in the data dir makes way: the word that its folder is then called by (S3). */
export function causeOfMove({ decision }: NodeContext): Input<'moveDataAside'>['cause'] {
  return (decision?.kind === 'act' ? decision.moveAside : undefined) ?? 'unreadable';
}

export function learnerRequest(context: NodeContext): Input<'addLearner'> {
  return {
    ...changeRequest(context),
    peerUrl: context.settings.peerUrl,
    ...ofDecision(context),
  };
}

export function replacementRequest(context: NodeContext): Input<'replaceMember'> {
  const { answer, settings } = context;
  const members = answer.kind === 'answers' ? answer.members : [];
  const own = members.find(({ peerUrls }) => peerUrls.includes(settings.peerUrl));
  return { ...learnerRequest(context), memberId: own?.id ?? '' };
}

export function promotionRequest(context: NodeContext): Input<'changeMembership'> {
  return {
    ...changeRequest(context),
    change: { kind: 'promote', memberId: ownStatus(context)?.memberId ?? '' },
    ...because('S13', 'this learner has stayed within the lag of its leader for the stated time'),
  };
}

export function removalRequest(context: NodeContext): Input<'changeMembership'> {
  const change: MembershipChange = ownDueRemoval(context) ?? {
    kind: 'remove',
    memberId: '',
    ground: { kind: 'gone', heldMs: 0 },
  };
  const memberId = change.kind === 'remove' ? change.memberId : '';
  const heldMs = change.kind === 'remove' && 'heldMs' in change.ground ? change.ground.heldMs : 0;
  return {
    ...changeRequest(context),
    endpoints: [context.settings.clientUrl],
    change,
    ...because(
      change.kind === 'remove' && change.ground.kind === 'staleLearner' ? 'S13' : 'S11',
      `member ${memberId} has been missing for ${heldMs} ms by every kind of evidence`,
    ),
  };
}

const noLaunch: EtcdLaunch = {
  clusterState: 'existing',
  initialCluster: '',
  clusterToken: 'e2d',
};

export function launchRequest(context: NodeContext): Input<'launchEtcd'> {
  const { launch, identity, failedStarts } = context;
  const { isRestored, ...plain } = launch ?? noLaunch;
  return {
    launch: isRestored && failedStarts === 0 ? { ...plain, isRestored } : plain,
    name: identity.name,
    ...(failedStarts === 0
      ? ofDecision(context)
      : because(
          'S9',
          `etcd ended (${context.lastExit?.sentence ?? 'before it started'}), and its data is here`,
        )),
  };
}

export function planPinRequest(context: NodeContext): Input<'writeIdentity'> {
  const step = context.planStep;
  const plan = step && 'plan' in step ? step.plan : context.identity.plan?.plan;
  const [rule, kind] = plan?.snapshot
    ? (['S4', 'restore'] as const)
    : (['S7', 'bootstrap'] as const);
  return {
    identity: identityAfterStep(context),
    ...because(rule, `to ${step?.kind} ${kind} plan ${plan?.id} it is pinned on disk first`),
  };
}

/** A launched plan binds nobody whose data is gone: the nodes that are here make a new one. */
export function spentPlanRequest({ identity }: NodeContext): Input<'writeIdentity'> {
  return {
    identity: { ...identity, plan: null },
    ...because('S4', `plan ${identity.plan?.plan.id} came true here, and its data is lost`),
  };
}

export function takenBackRequest({ identity }: NodeContext): Input<'writeIdentity'> {
  const { plan } = identity;
  return {
    identity: plan === null ? identity : { ...identity, plan: { ...plan, stage: 'committed' } },
    ...because('S7', 'etcd ended before it wrote anything, so the plan is still to be launched'),
  };
}

export function admittedPinRequest({ identity }: NodeContext): Input<'writeIdentity'> {
  return {
    identity,
    ...because('S8', `this node is member ${identity.memberId} from now on`),
  };
}

export function settledPinRequest(context: NodeContext): Input<'writeIdentity'> {
  return {
    identity: settledIdentity(context),
    ...because('S8', 'a member that loses its disk must know that it was one'),
  };
}

export function recordRequest(context: NodeContext): Input<'recordCluster'> {
  const { identity, settings } = context;
  const lineage = identity.lineage ?? identity.plan?.plan.id ?? ownStatus(context)?.clusterId ?? '';
  return {
    record: { lineage, requiredSize: settings.requiredSize },
    restored: identity.plan?.plan.snapshot ?? null,
    ...(identity.plan?.plan.snapshot
      ? because('S5', 'what e2d wrote before the snapshot is no longer so, and watchers must know')
      : because('S7', 'nodes of another cluster size must be able to see that they are')),
  };
}
