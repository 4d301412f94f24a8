import type { SnapshotProof, SnapshotRecord } from './snapshot-record.ts';

/** A snapshot that is complete in the store, whoever put it there. */
export type SnapshotEntry = {
  /** The folder's name; for a single object its key or path. */
  readonly id: string;
  /** UTC, ISO 8601. */
  readonly takenAt: string;
  readonly storedBytes: number;
} & (
  | {
      readonly kind: 'e2d';
      readonly record: SnapshotRecord;
      /** The latest one, where it was ever put to the proof. */
      readonly proof: SnapshotProof | null;
    }
  /** Put there by an etcd-manager: its lineage, revision and hash are not known beforehand. */
  | { readonly kind: 'etcd-manager'; readonly etcdVersion: string }
  /** The one object of the first e2d. */
  | { readonly kind: 'single' }
);
