import type {
  CertificateReading,
  ClusterAnswer,
  EtcdExitReason,
  MembersObservation,
  OwnProbe,
  Peer,
  RestoreOrder,
  StoreReading,
} from '../facts.ts';

/** Everything that a node's chart can learn, as facts in the past tense. `atMs` is monotonic. */
export type NodeEvent =
  /**
   * Gossip shows other nodes, or the same ones otherwise. Carries the whole view, ourselves apart.
   */
  | { readonly type: 'gossip.changed'; readonly atMs: number; readonly peers: readonly Peer[] }
  /** The endpoints of other nodes were asked for a linearizable member list. */
  | { readonly type: 'cluster.surveyed'; readonly atMs: number; readonly answer: ClusterAnswer }
  /** The snapshot store was listed, or could not be. */
  | { readonly type: 'store.read'; readonly atMs: number; readonly reading: StoreReading }
  /** Our own etcd was probed. */
  | { readonly type: 'etcd.probed'; readonly atMs: number; readonly probe: OwnProbe }
  /** All members were asked, starting from a linearizable member list. */
  | {
      readonly type: 'members.observed';
      readonly atMs: number;
      readonly observation: MembersObservation;
    }
  /** The certificates of this node were read, and something has changed. */
  | {
      readonly type: 'certificates.read';
      readonly atMs: number;
      readonly reading: CertificateReading;
    }
  /** The etcd process ended. */
  | { readonly type: 'etcd.exited'; readonly atMs: number; readonly reason: EtcdExitReason }
  /** Our own event loop stood still (S17). */
  | { readonly type: 'loop.delayed'; readonly atMs: number; readonly delayMs: number }
  /** An operator asked for a restore, and may have it by what was known when he did. */
  | { readonly type: 'operator.restore.requested'; readonly order: RestoreOrder }
  /** SIGTERM or SIGINT. */
  | { readonly type: 'operator.stop.requested' }
  /** A second signal. */
  | { readonly type: 'operator.hurry.requested' };
