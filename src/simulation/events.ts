import type { BootstrapPlan, RestoreOrder } from '../../machines/facts.ts';
import type { Keyspace } from './etcd/keyspace.ts';

/** What was done to a disk or to the store, as those see it who watch the whole world. */
export type Deed =
  /** A coordinator took a snapshot for the one to restore. */
  | {
      readonly kind: 'chosen';
      readonly machine: string;
      readonly snapshotId: string;
      readonly keyspace: Keyspace;
      readonly order: RestoreOrder | null;
    }
  /** What lies in the data dir is about to make way for what was restored. */
  | { readonly kind: 'makingWay'; readonly machine: string; readonly plan: BootstrapPlan }
  | {
      readonly kind: 'installed';
      readonly machine: string;
      readonly plan: BootstrapPlan;
    }
  | {
      readonly kind: 'objectCreated' | 'objectRemoved';
      readonly key: string;
      /** Of the cluster that e2d acts for. */
      readonly lineage: string;
    }
  | { readonly kind: 'ordered'; readonly machine: string; readonly order: RestoreOrder };
