import type { MemberId, MemberList } from '../../../machines/facts.ts';
import type { ClusterEvidence, MembershipChange } from '../../../machines/membership/evidence.ts';
import { refuseChange } from '../../../machines/membership/refuse-change.ts';
import { leaderStatus } from '../../../machines/quorum.ts';
import type { EtcdEndpoint, Operation } from '../client/endpoint.ts';
import { EtcdFault } from '../client/etcd-fault.ts';
import { changeKey, removalKey } from './keys.ts';
import {
  type ChangeOutcome,
  type LockedWork,
  type MembershipDeps,
  underLock,
} from './locked-work.ts';
import { askMembers } from './member-statuses.ts';
import { writeUnderLock } from './membership-lock.ts';

/** How long a member may take to answer for itself before it counts as not answering. */
const answerTimeoutMs = 1_000;

const hourSeconds = 3_600;

/**
 * Makes one guarded change of the member list (S10 to S14): takes the cluster's lock, observes the
 * cluster afresh, asks the rules, records the change under the lock, requests it by member id, and
 * checks it in the list afterwards. Tries each step once; never rejects. Dying at any point is
 * harmless: the lock ends with its lease, and the next change is planned from what is then
 * observed.
 */
export function changeMembership(
  change: MembershipChange,
  deps: MembershipDeps,
): Promise<ChangeOutcome> {
  return underLock(describe(change), deps, (work) => applyChange(change, work));
}

/** A member whose address now belongs to a node with an empty disk (S12). */
export interface Replacement {
  readonly memberId: MemberId;
  readonly peerUrl: string;
}

/**
 * Removes a dead member and adds a learner at the same peer URL, under one lock, each step with its
 * own look at the cluster and its own say of the rules. `memberId` of the outcome is the learner's.
 */
export function replaceMember(
  { memberId, peerUrl }: Replacement,
  deps: MembershipDeps,
): Promise<ChangeOutcome> {
  return underLock(`replace ${memberId} at ${peerUrl}`, deps, async (work) => {
    const ground = { kind: 'sameAddress', peerUrl } as const;
    const removed = await applyChange({ kind: 'remove', memberId, ground }, work);
    if (removed.kind !== 'done') return removed;
    return applyChange({ kind: 'addLearner', peerUrl }, work);
  });
}

async function applyChange(change: MembershipChange, work: LockedWork): Promise<ChangeOutcome> {
  const { evidence, leader } = await observe(work);
  const refusal = refuseChange(change, evidence, work.deps.policy);
  if (refusal !== null) return { kind: 'refused', refusal };
  await recordChange(change, evidence, work);
  const memberId = await request(change, leader, work);
  const after = await work.deps.endpoint.memberList(work.bounds);
  verify(change, memberId, { before: evidence, after });
  return { kind: 'done', members: after, memberId };
}

interface Observed {
  readonly evidence: ClusterEvidence;
  /** Undefined where it was not found. */
  readonly leader: EtcdEndpoint | undefined;
}

/** The cluster as it is now; the list first, for it says whom to ask. */
export async function observe({ deps, lock, bounds }: LockedWork): Promise<Observed> {
  const list = await deps.endpoint.memberList(bounds);
  const asked = { signal: bounds.signal, timeoutMs: answerTimeoutMs };
  const { statuses, found } = await askMembers(list, deps.endpoints, asked);
  const evidence = {
    ...list,
    statuses,
    peers: deps.peers(),
    requiredSize: deps.requiredSize,
    removalsLastHour: lock.removalsLastHour,
  };
  return { evidence, leader: found.get(leaderStatus(statuses)?.memberId ?? '') };
}

/** Leaves word of the change, provided that the lock is still ours. etcd counts removed voters. */
async function recordChange(
  change: MembershipChange,
  { members }: ClusterEvidence,
  { deps, lock, bounds }: LockedWork,
): Promise<void> {
  const voters = members.filter(({ learner }) => !learner).map(({ id }) => id);
  const learners = members.filter(({ learner }) => learner).map(({ id }) => id);
  const record = { id: lock.leaseId, change, by: deps.nodeName, voters, learners };
  const writes: Operation[] = [{ kind: 'put', key: changeKey, value: JSON.stringify(record) }];
  if (change.kind === 'remove' && voters.includes(change.memberId)) {
    const leaseId = await deps.endpoint.grantLease(hourSeconds, bounds);
    const key = removalKey(change.memberId);
    writes.push({ kind: 'put', key, value: JSON.stringify(change.ground), leaseId });
  }
  await writeUnderLock(deps.endpoint, lock, { writes, bounds });
}

/** Asks etcd for the change; resolves to the id of the member it concerns. */
async function request(
  change: MembershipChange,
  leader: EtcdEndpoint | undefined,
  { deps: { endpoint }, bounds: { signal } }: LockedWork,
): Promise<MemberId> {
  const bounds = { signal };
  switch (change.kind) {
    case 'addLearner':
      return (await endpoint.addLearner([change.peerUrl], bounds)).memberId;
    case 'promote':
      // Another member passes it on to the leader, which then knows no user who asks for it.
      await (leader ?? endpoint).promote(change.memberId, bounds);
      return change.memberId;
    case 'remove':
      await endpoint.remove(change.memberId, bounds);
      return change.memberId;
  }
}

/** @throws EtcdFault when the list does not show the change, or is another cluster's. */
function verify(
  change: MembershipChange,
  memberId: MemberId,
  { before, after }: { readonly before: MemberList; readonly after: MemberList },
): void {
  if (after.clusterId !== before.clusterId) {
    const ids = `${before.clusterId} before and ${after.clusterId} after`;
    throw new EtcdFault('wrong-cluster', `The cluster id was ${ids} the change.`);
  }
  const member = after.members.find(({ id }) => id === memberId);
  const visible = {
    addLearner: member?.learner === true,
    promote: member?.learner === false,
    remove: member === undefined,
  }[change.kind];
  if (visible) return;
  const sentence = `etcd accepted "${describe(change)}", but its member list does not show it.`;
  throw new EtcdFault('unexpected-answer', sentence);
}

function describe(change: MembershipChange): string {
  return change.kind === 'addLearner'
    ? `add learner ${change.peerUrl}`
    : `${change.kind} ${change.memberId}`;
}
