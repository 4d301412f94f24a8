import type { Member } from '../../../machines/facts.ts';
import { refuseRestart } from '../../../machines/membership/refuse-restart.ts';
import type { Refusal } from '../../../machines/rules.ts';
import type { EtcdEndpoint } from '../client/endpoint.ts';
import { EtcdFault, faultOf } from '../client/etcd-fault.ts';
import { observe } from './change-membership.ts';
import {
  attemptLock,
  type ChangeOutcome,
  type MembershipDeps,
  stepTimeoutMs,
} from './locked-work.ts';
import { type MembershipLock, releaseLock } from './membership-lock.ts';

/**
 * The lock on membership lasts as long as an etcd takes to end and to serve again. Whoever is
 * slower loses it, and harms nobody: while it is away every other node is refused its turn.
 */
const turnTtlSeconds = 45;
/** etcd has ended within its grace after this, long before the lock may pass on. */
const beginWithinMs = 15_000;

export interface TurnDeps extends MembershipDeps {
  readonly clock: MembershipDeps['clock'] & { nowMs(): number };
  /** Says which of the members this node could not talk to after its restart, or null. */
  readonly refuseTrust: (
    members: readonly Member[],
    signal: AbortSignal,
  ) => Promise<Refusal | null>;
}

export type Turn =
  | { readonly kind: 'granted'; readonly leaseId: string; readonly untilMs: number }
  | Exclude<ChangeOutcome, { readonly kind: 'done' }>;

/**
 * Asks for the one turn in a cluster to restart an etcd that is well (S14): takes the lock on
 * membership, observes the cluster afresh, and asks the rules. A turn that is granted keeps the
 * lock until `yieldTurn`, or until its lease ends. Never rejects.
 */
export async function takeTurn(deps: TurnDeps): Promise<Turn> {
  const untilMs = deps.clock.nowMs() + beginWithinMs;
  const signal = deps.signal ?? new AbortController().signal;
  const bounds = { signal, timeoutMs: stepTimeoutMs };
  try {
    const lasting = { ...bounds, ttlSeconds: turnTtlSeconds };
    const attempt = await attemptLock('restart', deps, lasting);
    if (attempt.kind !== 'held') return attempt;
    const refused = await whyNot(attempt.lock, { deps, bounds });
    if (refused === null) return { kind: 'granted', leaseId: attempt.lock.leaseId, untilMs };
    await releaseLock(deps.endpoint, attempt.lock).catch(() => undefined);
    return refused;
  } catch (problem) {
    return { kind: 'failed', fault: faultOf(problem) };
  }
}

/** Ends the lease that the lock hangs on. Rejects with an `EtcdFault`; it then ends by itself. */
export async function yieldTurn(
  own: EtcdEndpoint,
  leaseId: string,
  signal: AbortSignal,
): Promise<void> {
  const bounds = { signal, timeoutMs: stepTimeoutMs };
  await own.revokeLease(leaseId, bounds).catch((problem) => {
    if (problem instanceof EtcdFault && problem.code === 'not-found') return;
    throw problem;
  });
}

async function whyNot(
  lock: MembershipLock,
  { deps, bounds }: Omit<Parameters<typeof observe>[0], 'lock'> & { readonly deps: TurnDeps },
): Promise<Exclude<Turn, { readonly kind: 'granted' }> | null> {
  try {
    const { evidence } = await observe({ deps, lock, bounds });
    const refusal =
      refuseRestart(evidence) ?? (await deps.refuseTrust(evidence.members, bounds.signal));
    return refusal && { kind: 'refused', refusal };
  } catch (problem) {
    return { kind: 'failed', fault: faultOf(problem) };
  }
}
