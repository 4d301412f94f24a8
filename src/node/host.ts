import type { Observable } from 'rxjs';
import type {
  BootstrapPlan,
  CertificateReading,
  EtcdExitReason,
  EtcdLaunch,
  Identity,
  Member,
  PinnedSnapshot,
  RotationWork,
  SnapshotProof,
  StoreReading,
  TakenSnapshot,
} from '../../machines/facts.ts';
import type { NodeEffects, ProofStanding, Thinning } from '../../machines/node/effects.ts';
import type { Refusal } from '../../machines/rules.ts';
import type { EtcdEndpoint } from '../etcd/client/endpoint.ts';
import type { DataDirSurvey } from '../etcd/data-dir/own-data.ts';

export interface ChosenSnapshot {
  readonly choice: PinnedSnapshot;
  /** A sentence for every newer one. */
  readonly passedOver: readonly string[];
}

/** An etcd process, as the node beside it holds it. */
export interface EtcdProcess {
  readonly pid: number;
  readonly exited: Promise<{ readonly requested: boolean; readonly reason: EtcdExitReason }>;
  /** Asks it to end, and ends it after `graceMs`. */
  stop(options: { readonly graceMs: number }): Promise<unknown>;
  /** Stops watching it and leaves it running (S16). */
  release(): void;
}

/**
 * The snapshot store, as a node uses it. Every method rejects when the store does not do its part.
 */
export interface SnapshotKeeper {
  /** What the store holds for a cluster of these lineages, the latest first, or of one unknown. */
  read(lineages: readonly string[], signal: AbortSignal): Promise<StoreReading>;
  /** Takes a snapshot from the endpoint, unless the store holds one of its very revision. */
  take(request: SnapshotRequest, signal: AbortSignal): Promise<TakenSnapshot>;
  thin(lineage: string, signal: AbortSignal): Promise<Thinning>;
  proofs(lineage: string, signal: AbortSignal): Promise<ProofStanding>;
  prove(snapshotId: string, signal: AbortSignal): Promise<SnapshotProof>;
}

/** The certificates of this node, and the authorities that its etcd trusts. */
export interface CertificateKeeper {
  /** What they say, whenever something follows from it anew. */
  readings$(): Observable<CertificateReading>;
  /** Has the certificates of these roles signed anew. */
  renew(roles: readonly string[]): Promise<void>;
  /** Does this node's next work in a change of the cluster's authority, if it is that still. */
  follow(work: RotationWork): Promise<void>;
  /** Whether an etcd that starts now could talk to these members, or why not. */
  refuseTrust(members: readonly Member[], signal: AbortSignal): Promise<Refusal | null>;
}

export interface SnapshotRequest
  extends Pick<NodeEffects['takeSnapshot']['input'], 'trigger' | 'lineage' | 'requiredSize'> {
  readonly endpoint: EtcdEndpoint;
}

export type ChoiceRequest = Pick<NodeEffects['chooseSnapshot']['input'], 'order' | 'lineages'> & {
  /** Our own etcd, for an order to rebuild the cluster from what it has. */
  readonly own: EtcdEndpoint;
};

/**
 * What a node needs of the host it runs on: its disk, and its etcd. The rest of a node is the
 * same on a real host and on a simulated one.
 */
export interface Host {
  /** Makes the data dir and the state dir, or checks them. */
  ensureFolders(): Promise<void>;
  /** Null before the first start. */
  readIdentity(): Promise<Identity | null>;
  /** Durable when it returns. */
  writeIdentity(identity: Identity): Promise<void>;
  /** Random: 12 hexadecimal digits. */
  newNodeId(): string;
  surveyData(): Promise<DataDirSurvey>;
  /** S3: renames what lies in the data dir, and says where it is now. */
  moveDataAside(cause: string): Promise<string>;
  /** Lets data that was moved aside long ago expire; nothing that was moved in this run. */
  expireMovedAside(): Promise<void>;
  /** Finds or installs etcd, and gives its version. */
  findEtcd(signal: AbortSignal): Promise<string>;
  /** The etcd that still runs on the data dir and is ours, or null (S16). */
  adoptEtcd(name: string): Promise<EtcdProcess | null>;
  /** Null where no store is configured. */
  readonly snapshots: SnapshotKeeper | null;
  /** Null without TLS. */
  readonly certificates: CertificateKeeper | null;
  /** Fetches the snapshot that is to be restored, and opens it; nothing else changes (S4). */
  chooseSnapshot(request: ChoiceRequest, signal: AbortSignal): Promise<ChosenSnapshot>;
  /** Fetches what a node with this memory would choose first, where there is any. */
  fetchAhead(lineages: readonly string[], signal: AbortSignal): Promise<void>;
  /** Restores the plan's snapshot beside the data dir. */
  stageSnapshot(plan: BootstrapPlan, signal: AbortSignal): Promise<void>;
  /** Whether the plan's snapshot is restored, and has not taken its place yet. */
  hasStaged(plan: BootstrapPlan): Promise<boolean>;
  /** S3: moves what lies in the data dir aside, and what was staged into its place. */
  installSnapshot(plan: BootstrapPlan): Promise<{ readonly movedTo: string | null }>;
  /** Removes what earlier restores fetched and staged, but for the plan's. */
  discardStaged(keep: BootstrapPlan | null): Promise<void>;
  launchEtcd(launch: EtcdLaunch, name: string): Promise<EtcdProcess>;
}
