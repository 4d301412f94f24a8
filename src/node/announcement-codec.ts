import { z } from 'zod';
import type {
  DataClaim,
  NodeStatus,
  PinnedSnapshot,
  PlanStage,
  PlanVote,
} from '../../machines/facts.ts';
import type { Announcement } from '../../machines/node/announcement.ts';

/** memberlist's bound on a node's metadata. */
export const metadataLimitBytes = 512;

/** The first element of ours: tells it from other tools', and from later versions of itself. */
const format = 'e2d1';

const statuses = ['surveying', 'planning', 'restoring', 'starting', 'running', 'stopping'] as const;
const claims = ['none', 'readable', 'unreadable', 'lost'] as const;
const stages = ['acknowledged', 'committed', 'launched'] as const;

const text = z.string().max(256);
const indexOf = (names: readonly string[]) =>
  z
    .int()
    .min(0)
    .max(names.length - 1);

/** Id, SHA-256 in base64url (metadata is short), revision, and the lineage it is to replace. */
const snapshotSchema = z.tuple([
  text,
  z.string().regex(/^[\w-]{43}$/),
  z.int().nonnegative(),
  text.nullable(),
]);

const voteSchema = z.union([
  z.tuple([text, indexOf(stages)]),
  z.tuple([text, indexOf(stages), text, z.array(text).max(16)]),
  z.tuple([text, indexOf(stages), text, z.array(text).max(16), snapshotSchema]),
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
    a.plan === null ? null : voteFields(a.plan),
    a.unreachable.slice(0, unreachableKept),
    a.etcdVersion,
    a.e2dVersion,
  ];
}

function voteFields({ id, stage, proposal }: PlanVote): unknown[] {
  const vote = [id, stages.indexOf(stage)];
  if (proposal === undefined) return vote;
  const { nonce, nodeIds, snapshot } = proposal;
  const offer = [...vote, nonce, nodeIds];
  return snapshot === undefined ? offer : [...offer, snapshotFields(snapshot)];
}

function snapshotFields({ id, sha256, revision, replaces }: PinnedSnapshot): unknown[] {
  return [id, Buffer.from(sha256, 'hex').toString('base64url'), revision, replaces ?? null];
}

/** Null for metadata of anything but an e2d that speaks this format. Never throws. */
export function decodeAnnouncement(bytes: Uint8Array): Announcement | null {
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
    plan: vote === null ? null : decodeVote(vote),
    unreachable,
    etcdVersion,
    e2dVersion,
  };
}

function decodeVote([id, stage, nonce, nodeIds, snapshot]: z.infer<typeof voteSchema>): PlanVote {
  const vote = { id, stage: stages[stage] as PlanStage };
  return nonce === undefined || nodeIds === undefined
    ? vote
    : {
        ...vote,
        proposal: {
          nonce,
          nodeIds,
          ...(snapshot === undefined ? {} : { snapshot: decodeSnapshot(snapshot) }),
        },
      };
}

function decodeSnapshot([id, sha256, revision, replaces]: z.infer<typeof snapshotSchema>) {
  const pinned = { id, sha256: Buffer.from(sha256, 'base64url').toString('hex'), revision };
  return replaces === null ? pinned : { ...pinned, replaces };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
