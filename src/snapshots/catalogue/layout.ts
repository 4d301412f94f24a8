import { z } from 'zod';

/** The data of a snapshot: always a gzip stream. */
export const DATA_FILE = 'etcd.backup.gz';
/** Written last: a folder with it is a snapshot, one without it is none. */
export const META_FILE = '_etcd_backup.meta';
/** What e2d knows of its own snapshots. */
export const RECORD_FILE = 'e2d.json';
/** Written first, so that what an interrupted upload left behind can be told from others' data. */
export const BEGUN_FILE = 'e2d.begun.json';

const ID = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)-(\d{12,16})-([0-9a-f]{6})$/;
const NAME_WITH_TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)-/;
const PROOF_FILE = /^e2d\.proof-\d{8}T\d{6}Z\.json$/;

export interface SnapshotIdParts {
  readonly takenAtMs: number;
  readonly revision: number;
  /** Six hexadecimal digits, by chance: two leaders at once get folders of their own. */
  readonly suffix: string;
}

/** Ids sort as their times do, and then as their revisions. */
export function makeSnapshotId({ takenAtMs, revision, suffix }: SnapshotIdParts): string {
  return `${utcSeconds(takenAtMs)}-${String(revision).padStart(12, '0')}-${suffix}`;
}

/** Null when the name is not one that e2d makes. */
export function parseSnapshotId(id: string): SnapshotIdParts | null {
  const [, time = '', revision = '', suffix = ''] = ID.exec(id) ?? [];
  const takenAtMs = Date.parse(time);
  if (Number.isNaN(takenAtMs)) return null;
  return { takenAtMs, revision: Number(revision), suffix };
}

/** When a folder says by its name that it was taken, as all tools name them; else null. */
export function timeOfName(name: string): number | null {
  const timeMs = Date.parse(NAME_WITH_TIME.exec(name)?.[1] ?? '');
  return Number.isNaN(timeMs) ? null : timeMs;
}

/** `2026-11-21T10:00:00Z`: UTC, whole seconds. */
export function utcSeconds(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`;
}

export const dataKey = (id: string): string => `${id}/${DATA_FILE}`;
export const metaKey = (id: string): string => `${id}/${META_FILE}`;
export const recordKey = (id: string): string => `${id}/${RECORD_FILE}`;
export const begunKey = (id: string): string => `${id}/${BEGUN_FILE}`;

/** Of `e2d.proof-20261121T100000Z.json`; the names sort as their times do. */
export function proofKey(id: string, provenAtMs: number): string {
  return `${id}/e2d.proof-${utcSeconds(provenAtMs).replace(/[-:]/g, '')}.json`;
}

export function isProofFile(name: string): boolean {
  return PROOF_FILE.test(name);
}

/** The content of `e2d.begun.json`. */
export const begunSchema = z.object({
  lineage: z.string().min(1),
  begunAt: z.iso.datetime(),
});

export type Begun = Readonly<z.infer<typeof begunSchema>>;
