import { setMaxListeners } from 'node:events';
import type { Fault, MemberId, MemberList, Peer } from '../../../machines/facts.ts';
import type { MembershipPolicy } from '../../../machines/membership/evidence.ts';
import type { Refusal } from '../../../machines/rules.ts';
import type { EtcdEndpoint } from '../client/endpoint.ts';
import type { EndpointPool } from '../client/endpoint-pool.ts';
import { EtcdFault, faultOf } from '../client/etcd-fault.ts';
import {
  acquireLock,
  type LockAttempt,
  type LockHolder,
  lockedWorkLimitMs,
  type MembershipLock,
  releaseLock,
} from './membership-lock.ts';

/** What a membership change needs to know and to reach. */
export interface MembershipDeps {
  /** A voter's endpoint: the requests go through it. */
  readonly endpoint: EtcdEndpoint;
  /** For asking each member at its own client URLs. */
  readonly endpoints: EndpointPool;
  /** The other nodes as gossip shows them at the time of the call. */
  readonly peers: () => readonly Peer[];
  readonly requiredSize: number;
  readonly policy: MembershipPolicy;
  /** This node's name: what others read as the holder of the lock. */
  readonly nodeName: string;
  /** What bounds the work in time. */
  readonly clock: Timers;
  readonly signal?: AbortSignal | undefined;
}

interface Timers {
  setTimeout(run: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
}

/**
 * How a membership change ended.
 * - `busy`: another node is changing the membership now
 * - `failed`: etcd did not do it, or did not say so; what it did shows in the next member list
 *
 * `lockFault` says why the lock could not be given back; it then ends by itself within seconds.
 */
export type ChangeOutcome = (
  | { readonly kind: 'done'; readonly members: MemberList; readonly memberId: MemberId }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'busy'; readonly holder: LockHolder }
  | { readonly kind: 'failed'; readonly fault: Fault }
) & { readonly lockFault?: Fault };

/** The lock, and the bounds of every call made under it. */
export interface LockedWork {
  readonly deps: MembershipDeps;
  readonly lock: MembershipLock;
  readonly bounds: { readonly signal: AbortSignal; readonly timeoutMs: number };
}

/** A cluster without a leader is to be noticed, and waited out by the caller, within about this. */
export const stepTimeoutMs = 1_000;

type Failed = ChangeOutcome & { readonly kind: 'failed' };

const outOfTime = new EtcdFault(
  'deadline',
  `The change was not made within the ${lockedWorkLimitMs} ms that its lock allows.`,
);

/** Runs `work` under the cluster's lock on membership, in less time than the lock lasts. */
export async function underLock(
  purpose: string,
  deps: MembershipDeps,
  work: (locked: LockedWork) => Promise<ChangeOutcome>,
): Promise<ChangeOutcome> {
  const limit = new AbortController();
  setMaxListeners(0, limit.signal);
  const timer = deps.clock.setTimeout(() => limit.abort(), lockedWorkLimitMs);
  try {
    return await lockedAndBounded(purpose, deps, { limit: limit.signal, work });
  } finally {
    deps.clock.clearTimeout(timer);
  }
}

/** Tries once to take the lock; `options` may say how long it is to outlast its holder. */
export async function attemptLock(
  purpose: string,
  { endpoint, nodeName }: Pick<MembershipDeps, 'endpoint' | 'nodeName'>,
  options: Parameters<typeof acquireLock>[2],
): Promise<LockAttempt> {
  // A read ends as soon as a new leader is there; a write to one that was lost waits in vain.
  await endpoint.linearizableRead(options);
  return acquireLock(endpoint, { node: nodeName, change: purpose }, options);
}

interface BoundedWork {
  readonly limit: AbortSignal;
  readonly work: (locked: LockedWork) => Promise<ChangeOutcome>;
}

async function lockedAndBounded(
  purpose: string,
  deps: MembershipDeps,
  { limit, work }: BoundedWork,
): Promise<ChangeOutcome> {
  const signal = deps.signal === undefined ? limit : AbortSignal.any([limit, deps.signal]);
  setMaxListeners(0, signal);
  const bounds = { signal, timeoutMs: stepTimeoutMs };
  const failed = (problem: unknown): Failed => ({
    kind: 'failed',
    fault: limit.aborted ? outOfTime.fault() : faultOf(problem),
  });
  const acquired = await attemptLock(purpose, deps, bounds).catch(failed);
  if (acquired.kind !== 'held') return acquired;
  const { lock } = acquired;
  const outcome = await work({ deps, lock, bounds }).catch(failed);
  return releaseLock(deps.endpoint, lock).then(
    () => outcome,
    (problem) => ({ ...outcome, lockFault: faultOf(problem) }),
  );
}
