import type { NodeContext } from './context.ts';
import type { NodeEffects } from './effects.ts';
import { because, changeRequest } from './requests.ts';

/** The inputs of what is done for certificates. Total functions of the context. */
type Input<Name extends keyof NodeEffects> = NodeEffects[Name]['input'];

export function renewalRequest({ certificates }: NodeContext): Input<'renewCertificates'> {
  const roles = certificates.reading?.due ?? [];
  return {
    roles,
    ...because('S18', `two thirds of the life of ${roles.join(' and ')} are over`),
  };
}

/** Asked through our own etcd: a node that cannot reach it has no turn. */
export function turnRequest(context: NodeContext): Input<'takeTurn'> {
  return {
    ...changeRequest(context),
    endpoints: [context.settings.clientUrl],
    ...because('S14', 'etcd trusts other authorities than its files name, until it starts anew'),
  };
}

export function endRequest({ certificates, settings }: NodeContext): Input<'stopEtcd'> {
  return {
    graceMs: settings.stopGraceMs,
    untilMs: certificates.turn?.untilMs ?? 0,
    ...because('S14', 'it is the turn of this node to restart etcd with other authorities'),
  };
}

export function yieldRequest({ certificates }: NodeContext): Input<'yieldTurn'> {
  return {
    leaseId: certificates.turn?.leaseId ?? '',
    ...because('S14', 'etcd serves again, so that the next member may have its turn'),
  };
}
