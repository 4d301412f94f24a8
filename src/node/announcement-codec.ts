import { z } from 'zod';
import type {
  DataClaim,
  NodeStatus,
  PinnedSnapshot,
  PlanStage,
  PlanVote,
} from '../../machines/facts.ts';
import type { Announcement } from '../../machines/node/announcement.ts';
import { namePattern } from '../errors/shown.ts';

/** memberlist's bound on a node's metadata. */
export const metadataLimitBytes = 512;

/** The first element of ours: tells it from other tools', and from later versions of itself. */
const format = 'e2d1';

const statuses = ['surveying', 'planning', 'restoring', 'starting', 'running', 'stopping'] as const;
const claims = ['none', 'readable', 'unreadable', 'lost'] as const;
const stages = ['acknowledged', 'committed', 'launched'] as const;

/** What is shown to people, written into logs and given to etcd holds no control characters. */
const text = z.string().regex(namePattern);
const indexOf = (names: readonly string[]) =>
  z
    .int()
    .min(0)
    .max(names.length - 1);

/** Metadata is short: 0 stands for what the rest of it tells. */
const told = z.literal(0);
const textOrTold = z.union([text, told]);

/** Id, SHA-256 in base64url, revision, and the lineage it is to replace: 0 for the node's own. */
const snapshotSchema = z.tuple([
  text,
  z.string().regex(/^[\w-]{43}$/),
  z.int().nonnegative(),
  textOrTold.nullable(),
]);

/** The id (0: it is the node's lineage), the stage, and the nonce (0: it is in the id). */
const voteSchema = z.union([
  z.tuple([textOrTold, indexOf(stages)]),
  z.tuple([textOrTold, indexOf(stages), textOrTold, z.array(text).max(16)]),
  z.tuple([textOrTold, indexOf(stages), textOrTold, z.array(text).max(16), snapshotSchema]),
]);

/** Fields by position; what a later version appends is ignored. */
const announcementSchema = z
  .tuple([
    z.literal(format),
    text.min(1),
    text.min(1),
    text,
    text,
    z.int().positive(),
    indexOf(statuses),
    indexOf(claims),
    text.nullable(),
    text.nullable(),
    voteSchema.nullable(),
    z.array(text).max(64),
    text,
    text,
  ])
  .rest(z.unknown());

/**
 * A node's announcement as gossip metadata: JSON, by position. What is too long even without the
 * list of silent members (long host names can do that) is an error of the configuration.
 */
export function encodeAnnouncement(announcement: Announcement): Uint8Array | null {
  for (let kept = announcement.unreachable.length; kept >= 0; kept -= 1) {
    const bytes = new TextEncoder().encode(JSON.stringify(fieldsOf(announcement, kept)));
    if (bytes.length <= metadataLimitBytes) return bytes;
  }
  return null;
}

function fieldsOf(a: Announcement, unreachableKept: number): unknown[] {
  return [
    format,
    a.nodeId,
    a.name,
    a.peerUrl,
    a.clientUrl,
    a.requiredSize,
    statuses.indexOf(a.status),
    claims.indexOf(a.data),
    a.clusterId,
    a.lineage,
    a.plan === null ? null : voteFields(a.plan, a.lineage),
    a.unreachable.slice(0, unreachableKept),
    a.etcdVersion,
    a.e2dVersion,
  ];
}

function voteFields({ id, stage, proposal }: PlanVote, lineage: string | null): unknown[] {
  const vote = [id === lineage ? 0 : id, stages.indexOf(stage)];
  if (proposal === undefined) return vote;
  const { nonce, nodeIds, snapshot } = proposal;
  const offer = [...vote, nonce === nonceIn(id) ? 0 : nonce, nodeIds];
  return snapshot === undefined ? offer : [...offer, snapshotFields(snapshot, lineage)];
}

function nonceIn(planId: string): string {
  return planId.slice(0, Math.max(planId.lastIndexOf('-'), 0));
}

function snapshotFields(
  { id, sha256, revision, replaces }: PinnedSnapshot,
  lineage: string | null,
): unknown[] {
  const hash = Buffer.from(sha256, 'hex').toString('base64url');
  return [id, hash, revision, replaces === undefined ? null : replaces === lineage ? 0 : replaces];
}

/** Null for metadata of anything but an e2d that speaks this format. Never throws. */
export function decodeAnnouncement(bytes: Uint8Array): Announcement | null {
  if (bytes.length > metadataLimitBytes) return null;
  const fields = parseJson(bytes);
  const parsed = announcementSchema.safeParse(fields);
  if (!parsed.success) return null;
  const [, nodeId, name, peerUrl, clientUrl, requiredSize, status, data, ...rest] = parsed.data;
  const [clusterId, lineage, vote, unreachable, etcdVersion, e2dVersion] = rest;
  return {
    nodeId,
    name,
    peerUrl,
    clientUrl,
    requiredSize,
    status: statuses[status] as NodeStatus,
    data: claims[data] as DataClaim,
    clusterId,
    lineage,
    plan: vote === null ? null : decodeVote(vote, lineage),
    unreachable,
    etcdVersion,
    e2dVersion,
  };
}

function decodeVote(
  [known, stage, nonce, nodeIds, snapshot]: z.infer<typeof voteSchema>,
  lineage: string | null,
): PlanVote {
  const id = known === 0 ? (lineage ?? '') : known;
  const vote = { id, stage: stages[stage] as PlanStage };
  if (nonce === undefined || nodeIds === undefined) return vote;
  const proposal = { nonce: nonce === 0 ? nonceIn(id) : nonce, nodeIds };
  return snapshot === undefined
    ? { ...vote, proposal }
    : { ...vote, proposal: { ...proposal, snapshot: decodeSnapshot(snapshot, lineage) } };
}

function decodeSnapshot(
  [id, hash, revision, replaced]: z.infer<typeof snapshotSchema>,
  lineage: string | null,
): PinnedSnapshot {
  const pinned = { id, sha256: Buffer.from(hash, 'base64url').toString('hex'), revision };
  const replaces = replaced === 0 ? lineage : replaced;
  return replaces === null ? pinned : { ...pinned, replaces };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
