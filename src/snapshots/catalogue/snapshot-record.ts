import { z } from 'zod';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().nonnegative();

const memberSchema = z.object({
  id: z.string(),
  name: z.string(),
  peerUrls: z.array(z.string()),
  clientUrls: z.array(z.string()),
  learner: z.boolean(),
});

/** How long snapshots are kept, in milliseconds from when they were taken. */
const retentionSchema = z.object({
  allMs: count,
  hourlyMs: count,
  dailyMs: count,
  /** At most so many of a lineage, the newest; null: any number. */
  count: z.int().positive().nullable(),
});

/** What is known of a snapshot from the moment it was taken: `e2d.json` beside its data. */
export const snapshotRecordSchema = z.object({
  version: z.literal(1),
  /** The name of its folder. */
  id: z.string().min(1),
  /** UTC, ISO 8601, whole seconds. */
  takenAt: z.iso.datetime(),
  lineage: z.string().min(1),
  /** What the lineage was restored from; null for one that was bootstrapped. */
  parent: z
    .object({ lineage: z.string().nullable(), snapshotId: z.string(), revision: count })
    .nullable(),
  /** The store revision that is certainly in it. */
  revision: count,
  raftTerm: count,
  raftIndex: count,
  members: z.array(memberSchema),
  requiredSize: z.int().positive(),
  etcdVersion: z.string(),
  e2dVersion: z.string(),
  /** Of `etcd.backup.gz` as it is stored; checked by reading it back before the snapshot shows. */
  stored: z.object({ sizeBytes: count, sha256: digest }),
  /** Of what etcd gave: its database, and 32 bytes of SHA-256 behind it. */
  content: z.object({ sizeBytes: count, sha256: digest }),
  compression: z.enum(['gzip', 'none']),
  /** Names the key without telling it; null: not encrypted. */
  encryptionKeyId: z.string().nullable(),
  /** `HashKV` of the live cluster at `revision`, to prove a restore by; null: not asked for. */
  hashKv: z.object({ revision: count, compactRevision: z.int(), hash: count }).nullable(),
  /** The policy in force when it was taken: a later one may not take it away unnoticed. */
  retention: retentionSchema,
  trigger: z.enum(['interval', 'request', 'before-change', 'after-restore']),
});

export type SnapshotRecord = Readonly<z.infer<typeof snapshotRecordSchema>>;
export type RetentionPolicy = Readonly<z.infer<typeof retentionSchema>>;

/** What a proof of a snapshot came to: `e2d.proof-<utc>.json` beside its data. */
export const proofSchema = z.object({
  version: z.literal(1),
  provenAt: z.iso.datetime(),
  outcome: z.enum(['proven', 'failed']),
  /** A sentence: what was compared, or what was wrong. */
  sentence: z.string(),
  keys: count.nullable(),
  revision: count.nullable(),
  /** From the beginning of the download to a serving etcd. */
  rtoMs: count.nullable(),
  etcdVersion: z.string(),
});

export type SnapshotProof = Readonly<z.infer<typeof proofSchema>>;
