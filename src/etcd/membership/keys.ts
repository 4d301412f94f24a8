import type { MemberId } from '../../../machines/facts.ts';

/** e2d's own keys in etcd. They are volatile: a restore clears them. */
export const clusterRecordKey = '/_e2d/cluster';
export const lockKey = '/_e2d/membership/lock';
export const changeKey = '/_e2d/membership/change';
export const removalsPrefix = '/_e2d/membership/removals/';

export function removalKey(memberId: MemberId): string {
  return `${removalsPrefix}${memberId}`;
}
