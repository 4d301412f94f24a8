import { createHash } from 'node:crypto';
import type { ClusterId, MemberId } from '../../../machines/facts.ts';

/**
 * A member's id, made as etcd makes it: from its peer URLs, the cluster token, and, for a member
 * added to a cluster that exists, the time in seconds (the token is empty then).
 */
export function memberIdOf(
  peerUrls: readonly string[],
  token: string,
  addedAtMs: number | null = null,
): MemberId {
  const time = addedAtMs === null ? '' : String(Math.floor(addedAtMs / 1_000));
  return hexOf(hashOf(Buffer.from([...peerUrls].sort().join('') + token + time)));
}

/** A cluster's id: from the ids of the members that formed it. */
export function clusterIdOf(memberIds: readonly MemberId[]): ClusterId {
  const sorted = [...memberIds].sort(compareIds);
  const bytes = Buffer.alloc(8 * sorted.length);
  for (const [at, id] of sorted.entries()) bytes.writeBigUInt64BE(BigInt(`0x${id}`), 8 * at);
  return hexOf(hashOf(bytes));
}

/** The order of the numbers that the ids stand for. */
export function compareIds(left: MemberId, right: MemberId): number {
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : Number(left > right);
}

function hashOf(bytes: Buffer): bigint {
  return createHash('sha1').update(bytes).digest().readBigUInt64BE(0);
}

function hexOf(id: bigint): string {
  return id.toString(16);
}
