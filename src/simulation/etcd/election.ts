import type { MemberId } from '../../../machines/facts.ts';
import { compareLogs, lastIndex } from './disk.ts';
import { becomeLeader } from './leadership.ts';
import type { RaftMember } from './member.ts';
import { linkedBothWays, type RaftNetwork } from './network.ts';
import { electionTimeoutMs, heartbeatMs } from './timing.ts';

/** Stands for election when no leader was heard for an election time-out, one to two seconds. */
export function checkElection(net: RaftNetwork, member: RaftMember): void {
  const nowMs = net.world.clock.nowMs();
  const heard = member.lastHeardMs === nowMs && member.leaderId !== null;
  if (heard || member.isLeader) {
    member.electionAtMs = Number.POSITIVE_INFINITY;
  } else if (member.electionAtMs === Number.POSITIVE_INFINITY) {
    // The beat before this one was heard: else it would have been missed then.
    if (member.leaderId !== null) member.lastHeardMs = nowMs - heartbeatMs;
    member.electionAtMs = nowMs - heartbeatMs + patienceMs(net);
  } else if (nowMs >= member.electionAtMs && member.isVoter) {
    standForElection(net, member);
  }
}

/** One to two election time-outs. */
export function patienceMs(net: RaftNetwork): number {
  return Math.ceil(electionTimeoutMs * (1 + net.world.random.next()));
}

function standForElection(net: RaftNetwork, member: RaftMember): void {
  member.electionAtMs = net.world.clock.nowMs() + patienceMs(net);
  member.become('candidate', null);
  if (poll(net, member, (voter) => wouldVote(net, voter, member))) campaign(net, member);
}

/** Asks for votes in a new term. After a leader's word its own lease does not stand against it. */
export function campaign(net: RaftNetwork, member: RaftMember): void {
  if (!member.enterTerm(member.data.term + 1)) return;
  member.data.votedFor = member.id;
  member.become('candidate', null);
  member.electionAtMs = net.world.clock.nowMs() + patienceMs(net);
  if (poll(net, member, (voter) => vote(net, voter, member))) becomeLeader(net, member);
}

/** Whether a quorum of the candidate's voters says yes, and is heard. */
function poll(
  net: RaftNetwork,
  candidate: RaftMember,
  ask: (voter: RaftMember) => boolean,
): boolean {
  let granted = 0;
  const { term } = candidate.data;
  for (const { id } of candidate.config.voters) {
    const voter = id === candidate.id ? candidate : net.peer(candidate, id);
    if (voter === null) continue;
    if (voter === candidate) granted += 1;
    else if (net.linked(candidate, voter)) {
      const yes = ask(voter);
      // A newer term came back, or the candidate did not live through it.
      if (candidate.data.term !== term || !candidate.process.isActive) return false;
      if (yes && net.linked(voter, candidate)) granted += 1;
    }
  }
  return granted >= candidate.config.quorum;
}

/** The vote before the vote: nothing is written, and no term begins. */
function wouldVote(net: RaftNetwork, voter: RaftMember, candidate: RaftMember): boolean {
  if (outdated(net, voter, candidate)) return false;
  return !hasLeader(net, voter) && compareLogs(candidate.data, voter.data) >= 0;
}

function vote(net: RaftNetwork, voter: RaftMember, candidate: RaftMember): boolean {
  if (outdated(net, voter, candidate)) return false;
  const { term } = candidate.data;
  if (voter.data.term < term && !voter.enterTerm(term)) return false;
  const free = voter.data.votedFor === null || voter.data.votedFor === candidate.id;
  if (!free || voter.isLeader || compareLogs(candidate.data, voter.data) < 0) return false;
  if (!voter.write()) return false;
  voter.data.votedFor = candidate.id;
  voter.electionAtMs = net.world.clock.nowMs() + patienceMs(net);
  net.wake();
  return true;
}

/** The voter knows a newer term, and tells it. */
function outdated(net: RaftNetwork, voter: RaftMember, candidate: RaftMember): boolean {
  if (voter.data.term <= candidate.data.term) return false;
  if (net.linked(voter, candidate)) candidate.enterTerm(voter.data.term);
  return true;
}

/** Who heard its leader within an election time-out does not help to depose it. */
function hasLeader(net: RaftNetwork, voter: RaftMember): boolean {
  if (voter.isLeader) return true;
  if (voter.leaderId === null) return false;
  const hears = voter.electionAtMs === Number.POSITIVE_INFINITY;
  return hears || net.world.clock.nowMs() - voter.lastHeardMs < electionTimeoutMs;
}

/** Hands leadership to a voter that is up to date. False when that cannot be done now. */
export function transferTo(net: RaftNetwork, leader: RaftMember, id: MemberId): boolean {
  const target = net.peer(leader, id);
  const match = leader.leading?.progress.get(id)?.match;
  if (target === null || match !== lastIndex(leader.data)) return false;
  if (!target.isVoter || !linkedBothWays(net, leader, target)) return false;
  campaign(net, target);
  return target.isLeader;
}
