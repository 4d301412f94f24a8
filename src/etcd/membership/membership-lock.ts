import { z } from 'zod';
import { namePattern } from '../../errors/shown.ts';
import type {
  CallOptions,
  EtcdEndpoint,
  LeaseId,
  Operation,
  Revision,
} from '../client/endpoint.ts';
import { EtcdFault } from '../client/etcd-fault.ts';
import { changeKey, lockKey, removalsPrefix } from './keys.ts';

/**
 * How long the lock outlives a holder that died. Work under the lock is bounded well below it and
 * the lease is never prolonged, so that a holder stops before its lock can pass to another.
 */
const lockTtlSeconds = 10;
export const lockedWorkLimitMs = 8_000;

const told = z.string().regex(namePattern);
const holderSchema = z.object({ node: told, change: told });

/** Who holds the lock, and for what. */
export type LockHolder = Readonly<z.infer<typeof holderSchema>>;

/** The cluster-wide lock on membership, held. */
export interface MembershipLock {
  readonly createRevision: Revision;
  readonly leaseId: LeaseId;
  /** Automatic removals of the last hour: their keys expire after it by etcd's own clock. */
  readonly removalsLastHour: number;
}

export type LockAttempt =
  | { readonly kind: 'held'; readonly lock: MembershipLock }
  | { readonly kind: 'busy'; readonly holder: LockHolder };

/** Tries once to take the lock. Waits for nobody: the caller plans again from what it then sees. */
export async function acquireLock(
  endpoint: EtcdEndpoint,
  holder: LockHolder,
  { ttlSeconds = lockTtlSeconds, ...options }: CallOptions & { readonly ttlSeconds?: number },
): Promise<LockAttempt> {
  const leaseId = await endpoint.grantLease(ttlSeconds, options);
  const { succeeded, found, revision } = await endpoint.transact(
    {
      conditions: [{ key: lockKey, createRevision: '0' }],
      success: [
        { kind: 'put', key: lockKey, value: JSON.stringify(holder), leaseId },
        { kind: 'get', key: removalsPrefix, prefix: true },
      ],
      failure: [{ kind: 'get', key: lockKey }],
    },
    options,
  );
  if (succeeded) {
    const removalsLastHour = found[1]?.length ?? 0;
    return { kind: 'held', lock: { createRevision: revision, leaseId, removalsLastHour } };
  }
  await endpoint.revokeLease(leaseId, options);
  return { kind: 'busy', holder: parseHolder(found[0]?.[0]?.value) };
}

/**
 * Writes under the lock, and only while it is ours: the last check before a member change.
 * @throws EtcdFault `lock-lost` when the lease expired meanwhile.
 */
export async function writeUnderLock(
  endpoint: EtcdEndpoint,
  lock: MembershipLock,
  { writes, bounds }: { readonly writes: readonly Operation[]; readonly bounds: CallOptions },
): Promise<void> {
  const { succeeded } = await endpoint.transact(
    { conditions: [{ key: lockKey, createRevision: lock.createRevision }], success: writes },
    bounds,
  );
  if (!succeeded) {
    throw new EtcdFault('lock-lost', 'The lock on membership expired before the change was made.');
  }
}

/**
 * Clears the record of the change, then gives the lock back, even where the work was aborted. When
 * this fails the lease ends the lock by itself, and the record stays as a trace of half-done work.
 */
export async function releaseLock(endpoint: EtcdEndpoint, lock: MembershipLock): Promise<void> {
  const options = { timeoutMs: 1_000 };
  await endpoint.transact(
    {
      conditions: [{ key: lockKey, createRevision: lock.createRevision }],
      success: [
        { kind: 'delete', key: changeKey },
        { kind: 'delete', key: lockKey },
      ],
    },
    options,
  );
  await endpoint.revokeLease(lock.leaseId, options);
}

function parseHolder(value: string | undefined): LockHolder {
  const unknownHolder = { node: 'unknown', change: 'unknown' };
  if (value === undefined) return unknownHolder;
  try {
    return holderSchema.parse(JSON.parse(value));
  } catch {
    return unknownHolder;
  }
}
