import type { CodeMeaning } from './code-meaning.ts';

/** What is said of snapshots alone. */
export const snapshotCodes: Readonly<Record<string, CodeMeaning>> = {
  E2D_SNAPSHOT_CORRUPT: {
    exit: 1,
    sentence: 'The snapshot is not what was taken: cut short, or changed.',
    remedy: 'Take another one: "e2d snapshot list" shows them.',
  },
  E2D_SNAPSHOT_EMPTY: {
    exit: 1,
    sentence: 'The snapshot holds no database.',
    remedy: 'Take another one: "e2d snapshot list" shows them.',
  },
  E2D_SNAPSHOT_KEPT: {
    exit: 1,
    sentence: 'A snapshot is the best of its lineage, or not e2d’s own, and so is not removed.',
    remedy: 'Leave it, or give --force for one that e2d took.',
  },
  E2D_SNAPSHOT_KEY: {
    exit: 1,
    sentence: 'The snapshot is encrypted with a key that was not given, or the key cannot be used.',
    remedy: 'Give the key of its cluster: --ca-key or --snapshot-encryption-key-file.',
  },
  E2D_SNAPSHOT_NEWER: {
    exit: 1,
    sentence: 'The snapshot is of a newer etcd than the one that is here.',
    remedy: 'Use an etcd that is as new as the one that the snapshot was taken of.',
  },
  E2D_SNAPSHOT_UNKNOWN: {
    exit: 2,
    sentence: 'The store holds no snapshot of that name, or more than one.',
    remedy: '"e2d snapshot list" shows those that there are.',
  },
};
