import { lastIndex } from './disk.ts';
import type { Leadership, RaftMember } from './member.ts';
import { linkedBothWays, type RaftNetwork, roundTripMs } from './network.ts';
import { activeVoters, append, follow, progressOf, send } from './replication.ts';
import { electionTimeoutMs } from './timing.ts';

/** Begins a term that was won. */
export function becomeLeader(net: RaftNetwork, member: RaftMember): void {
  const sinceMs = net.world.clock.nowMs();
  const last = lastIndex(member.data);
  const leading: Leadership = {
    term: member.data.term,
    sinceMs,
    firstIndex: last + 1,
    progress: new Map(),
    // There may be a change among the entries that it does not know to be committed.
    pendingConfigIndex: last,
    stepDownAtMs: Number.POSITIVE_INFINITY,
    leaseEndsMs: new Map(),
    transferTo: null,
  };
  for (const [id, { ttlSeconds }] of member.machine.leases) {
    leading.leaseEndsMs.set(id, sinceMs + ttlSeconds * 1_000);
  }
  member.lead(leading);
  append(net, member, { command: { kind: 'noop' }, proposalId: null });
  net.wake();
}

/** Tells every member that it leads; gives up when it did not hear a quorum for long enough. */
export function beat(net: RaftNetwork, leader: RaftMember): void {
  for (const { id } of leader.config.members) {
    const peer = id === leader.id ? null : net.peer(leader, id);
    if (peer === null || !net.linked(leader, peer)) continue;
    hear(net, peer, leader);
    const { leading } = leader;
    if (leading === null) return;
    if (peer.process.isActive) send(net, leader, id);
  }
  checkQuorum(net, leader);
}

function hear(net: RaftNetwork, peer: RaftMember, leader: RaftMember): void {
  const { leading, data } = leader;
  if (leading === null || !follow(net, peer, { leader, term: leading.term })) return;
  const commit = Math.min(progressOf(leading, peer.id).match, data.commit);
  if (commit > lastIndex(peer.data)) {
    const sentence = `The cluster counts on entry ${commit}, which this disk no longer has.`;
    peer.process.end('corrupt-data', sentence);
  } else peer.commitTo(commit);
}

function checkQuorum(net: RaftNetwork, leader: RaftMember): void {
  const { leading } = leader;
  if (leading === null) return;
  if (activeVoters(net, leader).length >= leader.config.quorum) {
    leading.stepDownAtMs = Number.POSITIVE_INFINITY;
    return;
  }
  const nowMs = net.world.clock.nowMs();
  if (leading.stepDownAtMs === Number.POSITIVE_INFINITY) {
    // It looks once per election time-out whether it heard a quorum since it last looked.
    const looks = Math.ceil((nowMs - leading.sinceMs) / electionTimeoutMs) + 1;
    leading.stepDownAtMs = leading.sinceMs + looks * electionTimeoutMs;
  } else if (nowMs >= leading.stepDownAtMs) leader.become('follower', null);
}

/**
 * What a read needs: the leader asks its peers whether it leads still. The time that takes, or null
 * when no quorum says so, or when nothing of its own term is committed yet.
 */
export function confirmLeadership(net: RaftNetwork, leader: RaftMember): number | null {
  const { config, data, leading } = leader;
  if (leading === null || data.commit < leading.firstIndex) return null;
  const trips: number[] = [];
  for (const { id } of config.voters) {
    if (id === leader.id) {
      trips.push(0);
      continue;
    }
    const peer = net.peer(leader, id);
    if (peer === null || !linkedBothWays(net, leader, peer)) continue;
    if (follows(net, peer, leader)) trips.push(roundTripMs(net, leader, peer));
    if (leader.leading !== leading) return null;
  }
  trips.sort((a, b) => a - b);
  return trips[config.quorum - 1] ?? null;
}

function follows(net: RaftNetwork, peer: RaftMember, leader: RaftMember): boolean {
  const settled = peer.leaderId === leader.id && peer.data.term === leader.data.term;
  return settled || follow(net, peer, { leader, term: leader.data.term });
}

/** Proposes the end of every lease that is due. */
export function expireLeases(net: RaftNetwork, leader: RaftMember): void {
  const { leading } = leader;
  if (leading === null) return;
  const nowMs = net.world.clock.nowMs();
  for (const [leaseId, endsMs] of leading.leaseEndsMs) {
    if (endsMs > nowMs) continue;
    leading.leaseEndsMs.delete(leaseId);
    append(net, leader, { command: { kind: 'revokeLease', leaseId }, proposalId: null });
  }
}
