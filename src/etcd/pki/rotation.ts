import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { namePattern } from '../../errors/shown.ts';
import { isWarranted } from './warrant.ts';

/**
 * The way from one authority to another: every member trusts both, then every member shows
 * certificates of the new one alone, then nobody trusts the old one any more. Only before anything
 * was issued anew is there a way back, `abort`. `done` and `aborted` are ends.
 */
export const rotationPhases = [
  'trust-both',
  'reissue',
  'drop-old',
  'done',
  'abort',
  'aborted',
] as const;
export type RotationPhase = (typeof rotationPhases)[number];

/** Nodes add it to what they trust, and look for it there by its fingerprint. */
const authoritySchema = z
  .object({
    /** Its certificate, in PEM, and nothing else. */
    certificate: z.string().max(64 * 1024),
    /** SHA-256 over its DER: upper case, hexadecimal, a colon between bytes; as are all below. */
    fingerprint: z.string(),
  })
  .refine(isAuthority);

export const rotationSchema = z
  .object({
    id: z.string().min(1).regex(namePattern),
    phase: z.enum(rotationPhases),
    old: authoritySchema,
    new: authoritySchema,
    /** As `warrantFor` gives it. */
    warrant: z.string().max(4_096),
    /** RFC 3339, as all moments below. */
    beganAt: z.string(),
    phaseBeganAt: z.string(),
  })
  .refine(isWarranted);
/** A change of authorities, as all nodes know it. No private key is in it. */
export type Rotation = Readonly<z.infer<typeof rotationSchema>>;

const fingerprints = z.array(z.string()).readonly();
/** Far more than a node has. Each takes time to be looked at. */
const mostFiles = 8;

export const nodeReportSchema = z.object({
  /** The member's name. */
  node: z.string(),
  /** What the node knew of the rotation when it looked: only then does the report count for it. */
  rotation: z.object({ id: z.string(), phase: z.enum(rotationPhases) }).nullable(),
  /** The node's files of authorities, each with those that are in it. */
  trusted: z
    .array(z.object({ path: z.string(), authorities: fingerprints }).readonly())
    .max(mostFiles)
    .readonly(),
  /** Those that its running etcd was started with; null where it runs none. */
  etcd: z.object({ clients: fingerprints, peers: fingerprints }).readonly().nullable(),
  /** What the node shows: whole files, so that authorities in between are there too. */
  certificates: z
    .array(
      z
        .object({
          role: z.enum(['server', 'peer', 'client']),
          path: z.string(),
          certificate: z.string(),
        })
        .readonly(),
    )
    .max(mostFiles)
    .readonly(),
  /** Why the node cannot go on by itself: sentences, each with what to do by hand. */
  problems: z.array(z.string()).readonly(),
  reportedAt: z.string(),
});
/** How far one node is. */
export type NodeReport = Readonly<z.infer<typeof nodeReportSchema>>;

function isAuthority({ certificate, fingerprint }: Record<'certificate' | 'fingerprint', string>) {
  try {
    const read = new X509Certificate(certificate);
    return read.ca && read.toString() === certificate && read.fingerprint256 === fingerprint;
  } catch {
    return false;
  }
}
