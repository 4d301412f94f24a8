import type { EtcdExitKind, Identity } from '../../machines/facts.ts';
import type { NodeConfig } from '../config/node-config.ts';
import type { EtcdDisk } from './etcd/disk.ts';
import type { EtcdModel } from './etcd/model.ts';
import type { EtcdProcess } from './etcd/process.ts';
import type { Deed } from './events.ts';
import type { GossipNetwork } from './gossip-network.ts';
import type { ProcessTime } from './process-time.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { SimulatedStore } from './store/simulated-store.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What the machines of a world share. */
export interface Surroundings {
  readonly time: VirtualTime;
  readonly network: GossipNetwork;
  readonly etcd: EtcdModel;
  /** Shared by all machines; null where none is configured. */
  readonly store: SimulatedStore | null;
  /** Tells those who watch the world. */
  happened(deed: Deed): void;
  /** Resolves when so much time has passed. */
  passed(delayMs: number): Promise<void>;
}

/**
 * Dies at one of its own effects: before it is done, or after it and before its result is known.
 */
export interface CrashPoint {
  /** How many effects pass before it. */
  left: number;
  readonly when: 'before' | 'after';
  /** Only the effects of a restore count. */
  readonly isOfRestore?: boolean;
}

/** A machine as a run of e2d lives on it: what is on its disk, and what ails it. */
export interface Habitat {
  readonly name: string;
  readonly address: string;
  readonly config: NodeConfig;
  readonly world: Surroundings;
  readonly random: SeededRandom;
  readonly disk: EtcdDisk;
  identity: Identity | null;
  etcd: EtcdProcess | null;
  /** Local milliseconds of e2d's clock in a true one. */
  readonly clockRate: number;
  readonly wallSkewMs: number;
  readonly diskDelayMs: number;
  /** Shares of all answers. */
  readonly answersLost: number;
  readonly answersLate: number;
  /** Results of effects are told to the chart a second time, later. */
  readonly resultsTwice: boolean;
  /** The share of what e2d does to its disk and its etcd that fails. */
  readonly effectsFail: number;
  /** Damage that only etcd notices. */
  readonly isDamageHidden: boolean;
  /** As what every etcd that is launched here ends at once. */
  readonly launchEnds: EtcdExitKind | null;
  crashPoint: CrashPoint | null;
  killE2d(): void;
}

/** A run of e2d as its host sees it. */
export interface Dweller {
  readonly machine: Habitat;
  readonly time: ProcessTime;
  /** Something this run does to the world; `isEffect` says that it changes it. */
  reach<T>(act: () => Promise<T>, isEffect: boolean): Promise<T>;
}
