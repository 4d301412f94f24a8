import type { ClusterId, MemberId } from '../../../machines/facts.ts';
import type { LogEntry } from './commands.ts';
import { checkElection } from './election.ts';
import type { ConfigChangeEvent } from './events.ts';
import { beat, expireLeases } from './leadership.ts';
import type { Outcome, RaftMember } from './member.ts';
import type { RaftNetwork } from './network.ts';
import { propose } from './proposals.ts';
import { broadcast, commit, progressOf } from './replication.ts';
import { nextBeatMs, removedLingerMs, requestTimeoutMs } from './timing.ts';
import type { EtcdWorld } from './world.ts';

export interface GroupOptions {
  readonly world: EtcdWorld;
  readonly clusterId: ClusterId;
  readonly catchUpEntriesPerSecond: number;
  readonly nextProposalId: () => number;
  readonly onConfigChange: (event: ConfigChangeEvent) => void;
}

/**
 * The running members of one cluster. Nothing is done while nothing changes: in a settled cluster
 * each beat would only repeat the one before. Whatever changes asks for the next beat (`wake`).
 */
export class RaftGroup implements RaftNetwork {
  readonly world: EtcdWorld;
  readonly clusterId: ClusterId;
  readonly catchUpEntriesPerSecond: number;
  readonly nextProposalId: () => number;
  readonly configChanged: (event: ConfigChangeEvent) => void;
  readonly #members = new Set<RaftMember>();
  /** Since when a pair, as `from id, to id`, has been connected. */
  readonly #connectedSinceMs = new Map<string, number>();
  #timer: { readonly handle: unknown; readonly atMs: number } | null = null;
  #linksAreKnown = false;

  constructor(options: GroupOptions) {
    this.world = options.world;
    this.clusterId = options.clusterId;
    this.catchUpEntriesPerSecond = options.catchUpEntriesPerSecond;
    this.nextProposalId = options.nextProposalId;
    this.configChanged = options.onConfigChange;
  }

  get members(): ReadonlySet<RaftMember> {
    return this.#members;
  }

  join(member: RaftMember): void {
    this.#members.add(member);
    member.onApplied = (entry, outcome) => this.#applied(member, entry, outcome);
    member.onDeposed = () => this.wake();
    member.process.atEnd(() => {
      this.#members.delete(member);
      this.linksChanged();
    });
    if (member.config.removed.has(member.id)) this.#retire(member);
    this.linksChanged();
  }

  /** A link, or a process at its end, is not what it was. */
  linksChanged(): void {
    this.#linksAreKnown = false;
    this.wake();
  }

  find(id: MemberId): RaftMember | null {
    for (const member of this.#members) if (member.id === id) return member;
    return null;
  }

  peer(from: RaftMember, id: MemberId): RaftMember | null {
    const urls = from.config.member(id)?.peerUrls;
    if (urls === undefined) return null;
    for (const member of this.#members) {
      if (member.id === id && urls.includes(member.peerUrl)) return member;
    }
    return null;
  }

  linked(from: RaftMember, to: RaftMember): boolean {
    if (!from.process.isActive || !to.process.isActive) return false;
    return this.world.reaches(from.host, to.host);
  }

  connectedMs(from: RaftMember, to: MemberId): number {
    const peer = this.peer(from, to);
    const sinceMs = this.#connectedSinceMs.get(`${from.id},${to}`);
    if (sinceMs === undefined || peer === null) return 0;
    if (!this.linked(from, peer) || !this.linked(peer, from)) return 0;
    return this.world.clock.nowMs() - sinceMs;
  }

  wake(): void {
    this.wakeAt(nextBeatMs(this.world.clock.nowMs()));
  }

  wakeAt(atMs: number): void {
    if (atMs === Number.POSITIVE_INFINITY) return;
    const { clock } = this.world;
    if (this.#timer !== null) {
      if (this.#timer.atMs <= atMs) return;
      clock.clearTimeout(this.#timer.handle);
    }
    const handle = clock.setTimeout(() => this.#tick(), Math.max(0, atMs - clock.nowMs()));
    this.#timer = { handle, atMs };
  }

  #tick(): void {
    this.#timer = null;
    if (!this.#linksAreKnown) this.#learnLinks();
    const members = [...this.#members].filter(({ process }) => process.isActive);
    // Older terms first: the newest leader has the last word.
    const leaders = members.filter(({ isLeader }) => isLeader);
    leaders.sort((a, b) => a.data.term - b.data.term);
    for (const leader of leaders) if (leader.process.isActive) beat(this, leader);
    for (const member of members) {
      if (!member.process.isActive) continue;
      if (this.#isToldOfRemoval(member)) this.#end(member);
      else this.#look(member);
    }
    for (const member of members) {
      if (member.process.isActive) this.wakeAt(this.#nextLookMs(member));
    }
  }

  #look(member: RaftMember): void {
    checkElection(this, member);
    expireLeases(this, member);
    this.#publish(member);
  }

  #nextLookMs({ isVoter, electionAtMs, publishAtMs, leaderId, leading }: RaftMember): number {
    const times = [isVoter ? electionAtMs : Number.POSITIVE_INFINITY];
    if (leaderId !== null) times.push(publishAtMs);
    if (leading !== null) times.push(leading.stepDownAtMs, ...leading.leaseEndsMs.values());
    return Math.min(...times);
  }

  /** A started member tells the cluster its name and where clients reach it. */
  #publish(member: RaftMember): void {
    const nowMs = this.world.clock.nowMs();
    if (member.leaderId === null || nowMs < member.publishAtMs) return;
    member.publishAtMs = nowMs + requestTimeoutMs;
    const { id, name, clientUrl } = member;
    propose(this, member, {
      command: { kind: 'publish', memberId: id, name, clientUrl },
      done: () => {
        member.publishAtMs = Number.POSITIVE_INFINITY;
        member.process.serve();
      },
    });
  }

  #learnLinks(): void {
    this.#linksAreKnown = true;
    const nowMs = this.world.clock.nowMs();
    for (const from of this.#members) {
      for (const { id } of from.config.members) {
        const peer = this.peer(from, id);
        const key = `${from.id},${id}`;
        const up = peer !== null && this.linked(from, peer) && this.linked(peer, from);
        if (!up) this.#connectedSinceMs.delete(key);
        else if (!this.#connectedSinceMs.has(key)) this.#connectedSinceMs.set(key, nowMs);
      }
    }
  }

  /** A peer that applied a member's removal tells it when it is asked for anything. */
  #isToldOfRemoval(member: RaftMember): boolean {
    const nowMs = this.world.clock.nowMs();
    if (member.isVoter && member.lastHeardMs === nowMs) return false;
    for (const peer of this.#members) {
      const knows = peer !== member && peer.config.removed.has(member.id);
      if (knows && this.linked(member, peer) && this.linked(peer, member)) return true;
    }
    return false;
  }

  #applied(member: RaftMember, { command }: LogEntry, outcome: Outcome): void {
    if (outcome instanceof Error) return;
    const nowMs = this.world.clock.nowMs();
    const { leading } = member;
    if (command.kind === 'grantLease') {
      leading?.leaseEndsMs.set(command.leaseId, nowMs + command.ttlSeconds * 1_000);
      if (leading !== null) this.wakeAt(nowMs + command.ttlSeconds * 1_000);
    } else if (command.kind === 'revokeLease') leading?.leaseEndsMs.delete(command.leaseId);
    else if (command.kind === 'config') this.#reconfigured(member);
  }

  #reconfigured(member: RaftMember): void {
    const { config, leading } = member;
    if (config.removed.has(member.id)) this.#retire(member);
    if (leading !== null) {
      for (const id of leading.progress.keys()) {
        if (config.member(id) === undefined) leading.progress.delete(id);
      }
      for (const { id } of config.members) if (id !== member.id) progressOf(leading, id);
      commit(this, member, leading);
      broadcast(this, member);
    }
    this.linksChanged();
  }

  #retire(member: RaftMember): void {
    member.process.later(removedLingerMs, () => this.#end(member));
  }

  #end({ process }: RaftMember): void {
    const sentence = 'This member was removed from the cluster and cannot come back.';
    process.end('removed-from-cluster', sentence);
  }
}
