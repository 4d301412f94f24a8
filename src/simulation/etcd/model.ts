import type { ClusterId, Member, MemberId } from '../../../machines/facts.ts';
import type { EtcdEndpoint, LeaseId } from '../../etcd/client/endpoint.ts';
import { Caller, type Listener } from './caller.ts';
import type { DataDir, EtcdDisk } from './disk.ts';
import { electableLog, latestMembers, logsOf, stateOf } from './durability.ts';
import { patienceMs, transferTo } from './election.ts';
import { endpointOver } from './endpoint.ts';
import type { AcknowledgedWrite, ConfigChangeEvent } from './events.ts';
import { RaftGroup } from './group.ts';
import { RaftMember } from './member.ts';
import { type EtcdProcess, SimulatedProcess } from './process.ts';
import { type StartOptions, startUp } from './start-up.ts';
import { heartbeatMs, readyTimeoutMs } from './timing.ts';
import type { EtcdWorld } from './world.ts';
import { writeName, writesIn } from './writes.ts';

export interface EtcdModelOptions {
  /** How fast a member that is behind catches up. */
  readonly catchUpEntriesPerSecond?: number;
  /** From the launch until etcd looks at its data. */
  readonly startUpMs?: number;
  readonly etcdVersion?: string;
  /** Called as a leader appends a change of the member list, whoever asked for it. */
  readonly onConfigChange?: (event: ConfigChangeEvent) => void;
}

/** A cluster as nobody inside of it can see it. */
export interface ClusterView {
  /** By the latest committed change. */
  readonly members: readonly Member[];
  readonly processes: readonly ProcessView[];
}

export interface ProcessView {
  readonly pid: number;
  readonly host: string;
  readonly memberId: MemberId;
  readonly role: 'follower' | 'candidate' | 'leader';
  readonly leaderId: MemberId | null;
  readonly term: number;
  readonly lastIndex: number;
  readonly commit: number;
  readonly applied: number;
  readonly paused: boolean;
}

interface Instance extends Listener {
  readonly options: StartOptions;
  member: RaftMember | null;
  group: RaftGroup | null;
}

/** All etcd processes of a simulated world, of however many clusters. */
export class EtcdModel {
  readonly #world: EtcdWorld;
  readonly #options: EtcdModelOptions;
  readonly #groups = new Map<ClusterId, RaftGroup>();
  readonly #instances = new Set<Instance>();
  readonly #disks = new Set<EtcdDisk>();
  readonly #acknowledged: AcknowledgedWrite[] = [];
  #lastPid = 1_000;
  #lastProposal = 0;
  #lastLease = 7_587_800_000_000_000_000n;

  constructor(world: EtcdWorld, options: EtcdModelOptions = {}) {
    this.#world = world;
    this.#options = options;
  }

  /** Every write whose success a caller was told, oldest first. */
  get acknowledged(): readonly AcknowledgedWrite[] {
    return this.#acknowledged;
  }

  /** Launches an etcd process. It finds its data, or peers, or ends. */
  start(options: StartOptions): EtcdProcess {
    const { clock } = this.#world;
    this.#lastPid += 1;
    const process = new SimulatedProcess(this.#lastPid, options.host, clock);
    const instance: Instance = { process, options, member: null, group: null };
    const taken = [...this.#instances].some(({ options: { peerUrl, clientUrl } }) => {
      return peerUrl === options.peerUrl || clientUrl === options.clientUrl;
    });
    this.#disks.add(options.disk);
    if (taken) {
      process.later(0, () => process.end('port-taken', 'Another program uses its address.'));
      return process;
    }
    this.#instances.add(instance);
    process.atEnd(() => this.#instances.delete(instance));
    process.later(this.#options.startUpMs ?? 100, () => this.#startUp(instance));
    return process;
  }

  /** A client's connection from a host to a member's client URL; its owner closes it. */
  endpoint(fromHost: string, clientUrl: string): EtcdEndpoint {
    const caller = new Caller({
      world: this.#world,
      fromHost,
      url: clientUrl,
      listenerAt: (url) => this.#listener(({ options }) => options.clientUrl === url),
      nextLeaseId: () => this.#nextLeaseId(),
      onAcknowledged: (writes) => this.#acknowledged.push(...writes),
    });
    return endpointOver(caller);
  }

  /** To be called whenever `EtcdWorld.reaches` may answer otherwise than before. */
  linksChanged(): void {
    for (const group of this.#groups.values()) group.linksChanged();
  }

  /** Of every cluster that a member ever ran in. */
  get clusterIds(): Iterable<ClusterId> {
    return this.#groups.keys();
  }

  clusters(): ReadonlyMap<ClusterId, ClusterView> {
    const views = new Map<ClusterId, ClusterView>();
    for (const [clusterId, { members }] of this.#groups) {
      const logs = logsOf(this.#disks, clusterId);
      views.set(clusterId, {
        members: latestMembers(logs),
        processes: [...members].map(viewOf),
      });
    }
    return views;
  }

  /** The keys that a leader would have whom the voters elected from the disks there are now. */
  durable(clusterId: ClusterId): ReadonlyMap<string, string> {
    const log = this.electable(clusterId);
    if (log === null) return new Map();
    const { keys } = stateOf(log, 'whole');
    return new Map([...keys].map(([key, { value }]) => [key, value]));
  }

  /** What the voters would elect from the disks there are now; null where none is left. */
  electable(clusterId: ClusterId): DataDir | null {
    return electableLog(logsOf(this.#disks, clusterId));
  }

  /** Whether the history of that leader holds this write, overwritten since or not. */
  isCommitted(clusterId: ClusterId, key: string, value: string): boolean {
    return this.durableWrites(clusterId).has(writeName(key, value));
  }

  /** All writes in the history of that leader, by `writeName`. */
  durableWrites(clusterId: ClusterId): ReadonlySet<string> {
    const log = this.electable(clusterId);
    return log === null ? new Set() : writesIn(log.log);
  }

  #startUp(instance: Instance): void {
    const { process, options } = instance;
    const peerAt = (url: string) => this.#listener((other) => other.options.peerUrl === url);
    const run = (data: DataDir) => this.#run(instance, data);
    startUp({ world: this.#world, process, options, peerAt, run });
  }

  #run(instance: Instance, data: DataDir): void {
    const { process, options } = instance;
    const { disk, name, peerUrl, clientUrl } = options;
    if (disk.data === null) disk.format(data);
    const version = this.#options.etcdVersion ?? '3.6.14';
    const member = new RaftMember({ process, disk, data, name, peerUrl, clientUrl, version });
    const group = this.#group(data.clusterId);
    instance.member = member;
    instance.group = group;
    process.onChange = () => group.linksChanged();
    process.onStop = () => handOver(group, member);
    process.later(readyTimeoutMs, () => process.serve());
    // A single voter waits for nobody.
    const alone = member.isVoter && member.config.voters.length === 1;
    const patience = alone ? heartbeatMs : patienceMs(group);
    member.electionAtMs = this.#world.clock.nowMs() + patience;
    group.join(member);
  }

  #group(clusterId: ClusterId): RaftGroup {
    const known = this.#groups.get(clusterId);
    if (known !== undefined) return known;
    const group = new RaftGroup({
      world: this.#world,
      clusterId,
      catchUpEntriesPerSecond: this.#options.catchUpEntriesPerSecond ?? 5_000,
      nextProposalId: () => {
        this.#lastProposal += 1;
        return this.#lastProposal;
      },
      onConfigChange: (event) => this.#options.onConfigChange?.(event),
    });
    this.#groups.set(clusterId, group);
    return group;
  }

  #listener(matches: (instance: Instance) => boolean): Instance | null {
    for (const instance of this.#instances) if (matches(instance)) return instance;
    return null;
  }

  #nextLeaseId(): LeaseId {
    this.#lastLease += 1n;
    return String(this.#lastLease);
  }
}

/** An orderly stop of a leader hands over first, to whom it can. */
function handOver(group: RaftGroup, member: RaftMember): void {
  if (!member.isLeader) return;
  member.config.voters.some(({ id }) => id !== member.id && transferTo(group, member, id));
}

function viewOf(member: RaftMember): ProcessView {
  const { id, process, role, leaderId, data, applied } = member;
  return {
    pid: process.pid,
    host: process.host,
    memberId: id,
    role,
    leaderId,
    term: data.term,
    lastIndex: data.log.length,
    commit: data.commit,
    applied,
    paused: process.isPaused,
  };
}
