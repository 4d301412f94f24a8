import { z } from 'zod';

/**
 * What `_etcd_backup.meta` says. It belongs to etcd-manager, whose readers reject every field
 * that they do not know: nothing of e2d's own is ever added to it.
 */
export interface BackupMeta {
  /** Of the etcd that wrote the data; etcd-manager restores nothing without it. */
  readonly etcdVersion: string;
  /** Unix time; 0 where it is not told. */
  readonly takenAtSeconds: number;
  readonly clusterSpec: { readonly memberCount: number; readonly etcdVersion: string } | null;
}

/** The text as etcd-manager writes it: a field that is zero or empty is left out. */
export function renderBackupMeta({ etcdVersion, takenAtSeconds, clusterSpec }: BackupMeta): string {
  const message = {
    etcdVersion: etcdVersion || undefined,
    timestamp: takenAtSeconds === 0 ? undefined : String(takenAtSeconds),
    clusterSpec:
      clusterSpec === null
        ? undefined
        : {
            memberCount: clusterSpec.memberCount || undefined,
            etcdVersion: clusterSpec.etcdVersion || undefined,
          },
  };
  return JSON.stringify(message, null, 2);
}

const text = z.string().nullish().default('');
/** Protobuf writes 64-bit integers as strings, and other writers as numbers. */
const integer = z
  .union([z.int(), z.string().regex(/^-?\d{1,15}$/)])
  .nullish()
  .transform((value) => Number(value ?? 0));

const specSchema = z.preprocess(
  camelKeys,
  z.object({ memberCount: integer, etcdVersion: text.transform((value) => value ?? '') }),
);

/** Reads what any etcd-manager ever wrote: keys in either case, fields that are not there. */
export const backupMetaSchema = z
  .preprocess(
    camelKeys,
    z.object({ etcdVersion: text, timestamp: integer, clusterSpec: specSchema.nullish() }),
  )
  .transform(
    ({ etcdVersion, timestamp, clusterSpec }): BackupMeta => ({
      etcdVersion: etcdVersion ?? '',
      takenAtSeconds: timestamp,
      clusterSpec: clusterSpec ?? null,
    }),
  );

/** `member_count` is the same field as `memberCount`. */
function camelKeys(message: unknown): unknown {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return message;
  return Object.fromEntries(
    Object.entries(message).map(([key, value]) => [
      key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
}
