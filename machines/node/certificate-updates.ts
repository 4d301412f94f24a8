import type { CertificateReading, Fault } from '../facts.ts';
import type { CertificateFacts, NodeContext, Update } from './context.ts';
import type { TurnOutcome } from './effects.ts';
import { isSettled, isVoter, quorumHeld } from './guards.ts';

/** Questions about certificates, and named changes of what is known of them. */
function known({ certificates }: NodeContext, news: Partial<CertificateFacts>): Update {
  return { certificates: { ...certificates, ...news } };
}

/** Only where both are known: what an etcd trusts that was adopted may not be (S1). */
export function etcdTrustsOthers({ certificates: { reading } }: NodeContext): boolean {
  if (reading === null || reading.inEtcd === null) return false;
  return reading.inEtcd !== reading.inFiles;
}

export function authoritiesHaveChanged(context: NodeContext): boolean {
  return etcdTrustsOthers(context) && isVoter(context) && isSettled(context);
}

export function turnIsHeld({ certificates: { turn } }: NodeContext): boolean {
  return turn !== null && !turn.isUsed;
}

/** Only what was seen since etcd ended for it counts: that forgets the probe of before. */
export function turnHasServed(context: NodeContext): boolean {
  return context.certificates.turn?.isUsed === true && quorumHeld(context);
}

export function takeCertificates(context: NodeContext, reading: CertificateReading): Update {
  return known(context, { reading });
}

export function renewalIsDue({ certificates: { reading } }: NodeContext): boolean {
  return reading !== null && reading.rotation === null && reading.due.length > 0;
}

/** Done is done: the next reading says what remains. */
export function noteRotated(context: NodeContext): Update {
  const { reading } = context.certificates;
  const rotation = reading?.rotation ? { work: null } : null;
  return known(context, { reading: reading && { ...reading, rotation }, fault: null });
}

export function noteRenewed(context: NodeContext): Update {
  const { reading } = context.certificates;
  return known(context, { reading: reading && { ...reading, due: [] }, fault: null });
}

export function takeTurn(context: NodeContext, outcome: TurnOutcome): Update {
  if (outcome.kind !== 'granted') return known(context, { turn: null, lastTurn: outcome });
  const { leaseId, untilMs } = outcome;
  return known(context, { turn: { leaseId, untilMs, isUsed: false }, lastTurn: outcome });
}

export function forgetTurn(context: NodeContext): Update {
  return known(context, { turn: null });
}

export function useTurn(context: NodeContext): Update {
  const { turn } = context.certificates;
  return { ...known(context, { turn: turn && { ...turn, isUsed: true } }), probe: null };
}

/** What was read of an etcd that has ended says nothing of the one that was started. */
export function forgetTrust(context: NodeContext): Update {
  const { reading } = context.certificates;
  return known(context, { reading: reading && { ...reading, inEtcd: null } });
}

export function takeCertificateFault(context: NodeContext, fault: Fault): Update {
  return known(context, { fault, turn: null });
}
