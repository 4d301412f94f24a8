import type { MemberId } from '../../../machines/facts.ts';
import { type Command, type ConfigChange, type LogEntry, memberOf } from './commands.ts';
import { commonIndex, lastIndex, termAt } from './disk.ts';
import type { Leadership, Progress, RaftMember } from './member.ts';
import { linkedBothWays, type RaftNetwork } from './network.ts';
import { heartbeatMs } from './timing.ts';

/** What a leader sends: its log up to an index, as it was then. It may outlive the leader. */
interface Append {
  readonly leader: RaftMember;
  readonly term: number;
  /** Up to here the leader takes the logs to be equal. */
  readonly match: number;
  readonly upTo: number;
  readonly upToTerm: number;
  readonly commit: number;
}

/** Appends to the leader's log, and sends it on. False when the leader's disk did not take it. */
export function append(
  net: RaftNetwork,
  leader: RaftMember,
  { command, proposalId }: Pick<LogEntry, 'command' | 'proposalId'>,
): boolean {
  const { leading, data } = leader;
  if (leading === null || !leader.write()) return false;
  const index = lastIndex(data) + 1;
  if (command.kind === 'config') {
    leading.pendingConfigIndex = index;
    announce(net, leader, { index, change: command.change });
  }
  data.log.push({ index, term: leading.term, command, proposalId });
  commit(net, leader, leading);
  broadcast(net, leader);
  return true;
}

function announce(
  net: RaftNetwork,
  leader: RaftMember,
  { index, change }: { readonly index: number; readonly change: ConfigChange },
): void {
  const { config, leading } = leader;
  const memberId = memberOf(change);
  const member = 'member' in change ? change.member : config.member(memberId);
  if (member === undefined || leading === null) return;
  const match = leading.progress.get(memberId)?.match ?? 0;
  net.configChanged({
    clusterId: leader.clusterId,
    atMs: net.world.clock.nowMs(),
    kind: change.kind,
    memberId,
    member,
    leaderId: leader.id,
    term: leading.term,
    index,
    votersBefore: config.voters.map(({ id }) => id),
    learnersBefore: config.members.filter(({ learner }) => learner).map(({ id }) => id),
    healthyBefore: activeVoters(net, leader),
    lagEntries: change.kind === 'promote' ? index - 1 - match : null,
  });
}

/** The voters that the leader reaches and hears, itself included. */
export function activeVoters(net: RaftNetwork, leader: RaftMember): readonly MemberId[] {
  const active = (id: MemberId) => {
    if (id === leader.id) return true;
    const peer = net.peer(leader, id);
    return peer !== null && linkedBothWays(net, leader, peer);
  };
  return leader.config.voters.map(({ id }) => id).filter(active);
}

export function broadcast(net: RaftNetwork, leader: RaftMember): void {
  for (const { id } of leader.config.members) if (id !== leader.id) send(net, leader, id);
}

/** Sends what a member lacks, unless a message to it is under way. */
export function send(net: RaftNetwork, leader: RaftMember, id: MemberId): void {
  const { leading, data } = leader;
  if (leading === null) return;
  const progress = progressOf(leading, id);
  if (progress.inFlight || !lacksSomething(leader, progress)) return;
  const peer = net.peer(leader, id);
  if (peer === null || !net.linked(leader, peer)) return;
  const upTo = Math.min(lastIndex(data), progress.match + batchEntries(net));
  const message: Append = {
    leader,
    term: leading.term,
    match: progress.match,
    upTo,
    upToTerm: termAt(data, upTo),
    commit: data.commit,
  };
  progress.inFlight = true;
  progress.commitSent = data.commit;
  const latencyMs = net.world.latencyMs(leader.host, peer.host);
  net.world.clock.setTimeout(() => deliver(net, peer, message), latencyMs);
}

function batchEntries({ catchUpEntriesPerSecond }: RaftNetwork): number {
  return Math.max(1, Math.floor((catchUpEntriesPerSecond * heartbeatMs) / 1_000));
}

function lacksSomething({ data }: RaftMember, { match, commitSent }: Progress): boolean {
  return match < lastIndex(data) || commitSent < data.commit;
}

export function progressOf({ progress }: Leadership, id: MemberId): Progress {
  const known = progress.get(id) ?? { match: 0, commitSent: 0, inFlight: false };
  progress.set(id, known);
  return known;
}

function deliver(net: RaftNetwork, peer: RaftMember, message: Append): void {
  const { leader, term } = message;
  const arrives = peer.process.isActive && net.world.reaches(leader.host, peer.host);
  if (!arrives) return void lost(net, peer, message);
  if (!follow(net, peer, { leader, term })) return void lost(net, peer, message);
  const delayMs = peer.disk.fsyncDelayMs;
  if (delayMs > 0) net.world.clock.setTimeout(() => persist(net, peer, message), delayMs);
  else persist(net, peer, message);
}

/**
 * A message of a leader came to a member. False when it does not follow it: it knows a newer term.
 */
export function follow(
  net: RaftNetwork,
  peer: RaftMember,
  { leader, term }: { readonly leader: RaftMember; readonly term: number },
): boolean {
  if (term < peer.data.term) {
    if (net.linked(peer, leader) && leader.data.term < peer.data.term) {
      leader.enterTerm(peer.data.term);
    }
    return false;
  }
  // Two leaders of one term: only a member that forgot its vote makes that possible.
  if (term === peer.data.term && peer.isLeader) return false;
  if (term > peer.data.term && !peer.enterTerm(term)) return false;
  if (peer.role !== 'follower' || peer.leaderId !== leader.id) {
    peer.become('follower', leader.id);
    net.wake();
  }
  peer.lastHeardMs = net.world.clock.nowMs();
  peer.electionAtMs = Number.POSITIVE_INFINITY;
  // A leader that is none any more beats no more: somebody has to notice.
  if (leader.leading?.term !== term || !leader.process.isActive) net.wake();
  return true;
}

function persist(net: RaftNetwork, peer: RaftMember, message: Append): void {
  const { leader, term, match, upTo, upToTerm } = message;
  const outdated = peer.data.term !== term || termAt(leader.data, upTo) !== upToTerm;
  if (outdated || !peer.process.isActive) return void lost(net, peer, message);
  const common = Math.min(upTo, commonIndex(leader.data, peer.data));
  // Refused as out of order. The next heartbeat ends a member that lacks what it once had.
  if (common < match) return void lost(net, peer, message);
  if (common < upTo && !overwrite(peer, leader.data.log.slice(common, upTo))) {
    return void lost(net, peer, message);
  }
  peer.commitTo(Math.min(message.commit, upTo));
  // What brought a commit index only needs no answer.
  if (match === upTo) return void acknowledge(net, peer, message);
  const latencyMs = net.world.latencyMs(peer.host, leader.host);
  net.world.clock.setTimeout(() => acknowledge(net, peer, message), latencyMs);
}

/** Replaces the end of a log. A conflict with what is committed is a history that was forked. */
function overwrite(peer: RaftMember, entries: readonly LogEntry[]): boolean {
  const [first] = entries;
  if (first === undefined || !peer.write()) return false;
  if (first.index <= peer.data.commit) {
    peer.process.end('crashed', 'An entry conflicts with one that was committed.');
    return false;
  }
  peer.data.log.length = first.index - 1;
  for (const entry of entries) peer.data.log.push(entry);
  return true;
}

function lost(net: RaftNetwork, peer: RaftMember, { leader, term }: Append): void {
  if (leader.leading?.term !== term) return;
  progressOf(leader.leading, peer.id).inFlight = false;
  // The process may be another by now.
  const current = net.peer(leader, peer.id);
  if (current !== null && net.linked(leader, current)) net.wake();
}

function acknowledge(net: RaftNetwork, peer: RaftMember, message: Append): void {
  const { leader, term, upTo } = message;
  const { leading } = leader;
  if (leading?.term !== term) return;
  if (!leader.process.isActive || !net.world.reaches(peer.host, leader.host)) {
    return void lost(net, peer, message);
  }
  const progress = progressOf(leading, peer.id);
  progress.inFlight = false;
  progress.match = Math.max(progress.match, upTo);
  commit(net, leader, leading);
  // Whoever is far behind is sent the next part at the next beat, which bounds how fast it gains.
  if (upTo - message.match >= batchEntries(net)) net.wake();
  else send(net, leader, peer.id);
}

/** Commits what a majority of the voters holds, if it is of the leader's own term. */
export function commit(net: RaftNetwork, leader: RaftMember, leading: Leadership): void {
  const { config, data } = leader;
  const held = config.voters
    .map(({ id }) => (id === leader.id ? lastIndex(data) : progressOf(leading, id).match))
    .sort((a, b) => b - a);
  const index = held[config.quorum - 1] ?? 0;
  if (index <= data.commit || termAt(data, index) !== leading.term) return;
  leader.commitTo(index);
  broadcast(net, leader);
}

/** Whether the leader may now take a proposal of this kind. */
export function accepts({ leading, applied }: RaftMember, { kind }: Command): boolean {
  if (leading === null || leading.transferTo !== null) return false;
  return kind !== 'config' || leading.pendingConfigIndex <= applied;
}
