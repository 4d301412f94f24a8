import type {
  ClusterAnswer,
  DataClaim,
  Identity,
  OwnData,
  Peer,
  RestoreOrder,
  SnapshotOrigin,
  StoreFact,
} from '../facts.ts';
import type { CitedFacts } from './decision.ts';

/** Everything the lifecycle decision may look at. */
export interface LifecycleFacts {
  readonly data: OwnData;
  readonly identity: Identity;
  /** The process id of an etcd that already runs on our data dir and is ours (S16). */
  readonly adoptedPid: number | null;
  /** True once our own etcd ended saying that its member was removed from the cluster. */
  readonly removedByCluster: boolean;
  readonly answer: ClusterAnswer;
  readonly peers: readonly Peer[];
  readonly store: StoreFact;
  /** What its last reading came to. */
  readonly storeSentence: string | null;
  /** Whose snapshot would be restored; null where that is not known. */
  readonly origin: SnapshotOrigin | null;
  readonly restorePolicy: 'auto' | 'manual';
  /** What an operator asked this node for; null when nothing. */
  readonly order: RestoreOrder | null;
}

export type Answering = Extract<ClusterAnswer, { kind: 'answers' }>;

/** What a node tells its peers of its data: an identity without data is a lost disk (S8). */
export function dataClaim(data: OwnData, identity: Identity): DataClaim {
  return data.kind === 'none' && belongsToCluster(identity) ? 'lost' : data.kind;
}

function belongsToCluster(identity: Identity): boolean {
  return identity.memberId !== null || identity.plan?.stage === 'launched';
}

/** The nodes, ourselves apart, that could take part in forming or restoring a cluster. */
export function foundingPeers(facts: Pick<LifecycleFacts, 'peers' | 'identity'>): readonly Peer[] {
  return facts.peers.filter(
    (peer) =>
      peer.liveness === 'alive' &&
      peer.status !== 'stopping' &&
      peer.requiredSize === facts.identity.requiredSize &&
      (peer.data === 'none' || peer.data === 'lost'),
  );
}

export function presentNodes(facts: LifecycleFacts): number {
  return 1 + foundingPeers(facts).length;
}

/** The facts that every decision cites, and those that matter to this one. */
export function cite(facts: LifecycleFacts, more: CitedFacts = {}): CitedFacts {
  return {
    ownData: facts.data.kind,
    clusterAnswers: facts.answer.kind === 'answers',
    memberId: facts.identity.memberId,
    peersAlive: facts.peers.filter((peer) => peer.liveness === 'alive').length,
    requiredSize: facts.identity.requiredSize,
    store: facts.store,
    ...more,
  };
}

export function namesOf(peers: readonly Peer[]): string {
  return peers.map((peer) => peer.name).join(', ');
}
