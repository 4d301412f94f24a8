import type { MemberId } from '../../../machines/facts.ts';

/** e2d's own keys in etcd. They are volatile: a restore clears them. */
export const clusterRecordKey = '/_e2d/cluster';
export const lockKey = '/_e2d/membership/lock';
export const changeKey = '/_e2d/membership/change';
/** What the cluster was restored from; the first e2d kept its time there. */
export const snapshotMarkerKey = '/_e2d/snapshot';
/** The plan by which an operator has the running cluster go back. */
export const restoreOrderKey = '/_e2d/restore';
/** All of e2d's own keys begin so, the first e2d's too. */
export const volatilePrefix = '/_e2d';
export const removalsPrefix = '/_e2d/membership/removals/';
/** Under it each member's e2d says which user of etcd it is. */
export const e2dUsersPrefix = '/_e2d/users/';

/** The change of authorities that is under way, or the last one. */
export const rotationKey = '/_e2d/pki/rotation';
/** Under it what was issued in its course, each by the fingerprint of the certificate before. */
export const reissuedPrefix = '/_e2d/pki/rotation/certificates/';
/** Under it each member's e2d says whom its node trusts, and what it shows. */
export const pkiNodesPrefix = '/_e2d/pki/nodes/';

export function removalKey(memberId: MemberId): string {
  return `${removalsPrefix}${memberId}`;
}

export function e2dUserKey(memberId: MemberId): string {
  return `${e2dUsersPrefix}${memberId}`;
}
