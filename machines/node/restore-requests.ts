import type { BootstrapPlan } from '../facts.ts';
import type { NodeContext } from './context.ts';
import type { NodeEffects } from './effects.ts';
import { ownLineages } from './guards.ts';
import { because, ofDecision } from './requests.ts';

/** The inputs of what a restore has done. Total functions of the context. */
type Input<Name extends keyof NodeEffects> = NodeEffects[Name]['input'];

const noPlan: BootstrapPlan = { id: '', coordinator: '', members: [] };

/** The plan that is weighed or bound by: the step's, else the pinned one. */
function planOf({ planStep, identity }: NodeContext): BootstrapPlan {
  return planStep !== null && 'plan' in planStep ? planStep.plan : (identity.plan?.plan ?? noPlan);
}

export function securingRequest(context: NodeContext): Input<'takeSnapshot'> {
  const { identity, settings } = context;
  return {
    trigger: 'before-change',
    lineage: identity.lineage ?? '',
    endpoints: [settings.clientUrl],
    requiredSize: settings.requiredSize,
    ...because('S2', 'what the cluster holds now must be there to come back to'),
  };
}

export function choiceRequest(context: NodeContext): Input<'chooseSnapshot'> {
  return { order: context.order, ...fetchRequest(context) };
}

export function fetchRequest(context: NodeContext): Input<'fetchAhead'> {
  return { lineages: ownLineages(context), ...ofDecision(context) };
}

export function stageRequest(context: NodeContext): Input<'stageSnapshot'> {
  const plan = planOf(context);
  const next = context.identity.plan === null ? 'is acknowledged' : 'goes on';
  return {
    plan,
    ...because('S4', `plan ${plan.id} ${next} only once its snapshot is restored here`),
  };
}

export function withdrawalRequest({ identity, fault }: NodeContext): Input<'writeIdentity'> {
  return {
    identity: { ...identity, plan: null },
    ...because('S4', `this node cannot restore what it proposed itself: ${fault?.message}`),
  };
}

export function vouchRequest(context: NodeContext): Input<'vouchForOrder'> {
  const plan = planOf(context);
  return {
    plan,
    isOwn: plan.coordinator === context.identity.nodeId,
    ...because(
      'S2',
      `the cluster of lineage ${plan.snapshot?.replaces} must hold the order itself`,
    ),
  };
}

export function installRequest({ identity }: NodeContext): Input<'installSnapshot'> {
  const plan = identity.plan?.plan ?? noPlan;
  return { plan, ...because('S4', `plan ${plan.id} is committed, and its snapshot is ready here`) };
}
