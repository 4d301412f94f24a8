import type { ClusterId, MemberId } from '../../../machines/facts.ts';
import type { LeaseId } from '../../etcd/client/endpoint.ts';
import type { EtcdFault } from '../../etcd/client/etcd-fault.ts';
import type { ClusterConfig } from './cluster-config.ts';
import type { LogEntry } from './commands.ts';
import { type DataDir, type EtcdDisk, lastIndex } from './disk.ts';
import type { SimulatedProcess } from './process.ts';
import { type Applied, StateMachine } from './state-machine.ts';

/** What a leader knows of one member's log. */
export interface Progress {
  /** Up to here the member is known to hold the leader's log. */
  match: number;
  /** The commit index that it was last sent. */
  commitSent: number;
  /** One message at a time. */
  inFlight: boolean;
}

/** What a leader keeps for its term. */
export interface Leadership {
  readonly term: number;
  readonly sinceMs: number;
  /** The entry that began the term. */
  readonly firstIndex: number;
  readonly progress: Map<MemberId, Progress>;
  /** No other change of the members is taken until this one is applied. */
  pendingConfigIndex: number;
  /** When it gives up for lack of a quorum; Infinity while it has one. */
  stepDownAtMs: number;
  readonly leaseEndsMs: Map<LeaseId, number>;
  /** While set, nothing is proposed. */
  transferTo: MemberId | null;
}

export type Outcome = Applied | EtcdFault;

interface MemberOptions {
  readonly process: SimulatedProcess;
  readonly disk: EtcdDisk;
  readonly data: DataDir;
  readonly name: string;
  readonly peerUrl: string;
  readonly clientUrl: string;
  readonly version: string;
}

/** One running member: raft's state, and the keys as far as it has applied them. */
export class RaftMember {
  readonly id: MemberId;
  readonly clusterId: ClusterId;
  readonly process: SimulatedProcess;
  readonly disk: EtcdDisk;
  readonly data: DataDir;
  readonly name: string;
  readonly peerUrl: string;
  readonly clientUrl: string;
  readonly version: string;
  readonly machine = new StateMachine();
  role: 'follower' | 'candidate' | 'leader' = 'follower';
  leaderId: MemberId | null = null;
  leading: Leadership | null = null;
  lastHeardMs = Number.NEGATIVE_INFINITY;
  /** When it stands for election; Infinity while it hears its leader. */
  electionAtMs = Number.POSITIVE_INFINITY;
  publishAtMs = 0;
  applied = 0;
  /** Called when it leads no more. */
  onDeposed: () => void = () => undefined;
  /** Called after each entry that is applied. */
  onApplied: (entry: LogEntry, outcome: Outcome) => void = () => undefined;
  readonly #lost = new Set<() => void>();
  readonly #proposals = new Map<number, (outcome: Outcome) => void>();
  #waiting: { readonly index: number; readonly run: () => void }[] = [];

  constructor(options: MemberOptions) {
    const { process, disk, data, name, peerUrl, clientUrl, version } = options;
    this.id = data.memberId;
    this.clusterId = data.clusterId;
    this.process = process;
    this.disk = disk;
    this.data = data;
    this.name = name;
    this.peerUrl = peerUrl;
    this.clientUrl = clientUrl;
    this.version = version;
    this.#apply();
  }

  get config(): ClusterConfig {
    return this.machine.config;
  }

  get isVoter(): boolean {
    return this.config.isVoter(this.id);
  }

  get isLeader(): boolean {
    return this.leading !== null;
  }

  get host(): string {
    return this.process.host;
  }

  /** Whether a write to the disk succeeds; the process ends where it does not. */
  write(): boolean {
    if (this.disk.data !== this.data) {
      this.process.end('crashed', 'The data dir went away under etcd.');
    } else if (this.disk.full) {
      this.process.end('disk-full', 'The disk that holds the data dir is full.');
    }
    return this.process.isRunning;
  }

  become(role: 'follower' | 'candidate', leaderId: MemberId | null): void {
    const { leaderId: before, leading } = this;
    this.role = role;
    this.leading = null;
    this.leaderId = leaderId;
    if (leading !== null) this.onDeposed();
    if (before === null || before === leaderId) return;
    for (const lost of [...this.#lost]) lost();
  }

  /** Takes a newer term, without a vote in it and without a leader. */
  enterTerm(term: number): boolean {
    if (!this.write()) return false;
    this.data.term = term;
    this.data.votedFor = null;
    this.become('follower', null);
    return true;
  }

  lead(leadership: Leadership): void {
    this.role = 'leader';
    this.leaderId = this.id;
    this.leading = leadership;
    this.electionAtMs = Number.POSITIVE_INFINITY;
  }

  /** Applies what is committed, up to what the log holds. */
  commitTo(index: number): void {
    const commit = Math.min(index, lastIndex(this.data));
    if (commit <= this.data.commit) return;
    this.data.commit = commit;
    this.#apply();
  }

  /** Resolves a proposal when its entry is applied here. */
  awaitProposal(id: number, done: (outcome: Outcome) => void): void {
    this.#proposals.set(id, done);
  }

  settleProposal(id: number, outcome: Outcome): void {
    const done = this.#proposals.get(id);
    this.#proposals.delete(id);
    done?.(outcome);
  }

  whenApplied(index: number, run: () => void): void {
    if (this.applied >= index) run();
    else this.#waiting.push({ index, run });
  }

  /** Calls when the member it took for its leader is that no more; returns how to end that. */
  onLeaderLost(listener: () => void): () => void {
    this.#lost.add(listener);
    return () => this.#lost.delete(listener);
  }

  #apply(): void {
    while (this.applied < this.data.commit) {
      const entry = this.data.log[this.applied];
      if (entry === undefined) break;
      this.applied = entry.index;
      const outcome = this.machine.apply(entry.command);
      if (entry.proposalId !== null) this.settleProposal(entry.proposalId, outcome);
      this.onApplied(entry, outcome);
    }
    if (this.#waiting.length === 0) return;
    const due = this.#waiting.filter(({ index }) => index <= this.applied);
    this.#waiting = this.#waiting.filter(({ index }) => index > this.applied);
    for (const { run } of due) run();
  }
}
