import type {
  EtcdExitReason,
  EtcdLaunch,
  Identity,
  OwnData,
  StoreFact,
} from '../../machines/facts.ts';
import type { DataDirSurvey } from '../etcd/data-dir/own-data.ts';

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
  /** What the snapshot store holds. */
  readStore(): Promise<StoreFact>;
  /** Brings the pinned snapshot back, and says what the data dir holds then (S4). */
  restoreSnapshot(): Promise<OwnData>;
  launchEtcd(launch: EtcdLaunch, name: string): Promise<EtcdProcess>;
}
