import type { MemberId } from '../../../machines/facts.ts';
import { EtcdFault } from '../client/etcd-fault.ts';
import { type ChangeOutcome, type MembershipDeps, underLock } from './locked-work.ts';

/**
 * Has the other members look for this one at other URLs, under the cluster's lock on membership
 * (S10): it is no change of who is a member, but etcd makes it as one.
 */
export function changePeerUrls(
  { memberId, peerUrls }: { readonly memberId: MemberId; readonly peerUrls: readonly string[] },
  deps: MembershipDeps,
): Promise<ChangeOutcome> {
  return underLock(`peer URLs of ${memberId}`, deps, async ({ bounds }) => {
    const before = await deps.endpoint.memberList(bounds);
    if (!before.members.some(({ id }) => id === memberId)) {
      throw new EtcdFault('not-found', `Member ${memberId} is not in the list any more.`);
    }
    await deps.endpoint.setPeerUrls(memberId, peerUrls, { signal: bounds.signal });
    return { kind: 'done', members: await deps.endpoint.memberList(bounds), memberId };
  });
}
