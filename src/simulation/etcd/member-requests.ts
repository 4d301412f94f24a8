import type { MemberId, MemberList, RaftProgress } from '../../../machines/facts.ts';
import type { AddedMember, StatusAnswer } from '../../etcd/client/endpoint.ts';
import { EtcdFault } from '../../etcd/client/etcd-fault.ts';
import type { ConfigChange } from './commands.ts';
import { lastIndex } from './disk.ts';
import { transferTo } from './election.ts';
import { memberIdOf } from './identifiers.ts';
import type { RaftMember } from './member.ts';
import { linkedBothWays, type RaftNetwork, roundTripMs } from './network.ts';
import { refuseAddition, refusePromotion, refuseRemoval } from './reconfiguration.ts';
import { linearizable, localOfVoter, refuseQuorumCall, type Service, write } from './requests.ts';
import { electionTimeoutMs, heartbeatMs } from './timing.ts';

const emptyDatabaseBytes = 20_480;
const entryBytes = 256;

export function memberList(quorum: boolean): Service<MemberList> {
  return quorum ? linearizable(listOf) : localOfVoter(listOf);
}

function listOf({ clusterId, config }: RaftMember): MemberList {
  return { clusterId, members: config.members };
}

export function statusOf(member: RaftMember): StatusAnswer {
  const { id, clusterId, leaderId, data, applied, machine, version } = member;
  return {
    memberId: id,
    clusterId,
    leaderId,
    raftTerm: data.term,
    raftIndex: data.commit,
    raftAppliedIndex: applied,
    revision: machine.revision,
    dbSizeBytes: emptyDatabaseBytes + entryBytes * lastIndex(data),
    version,
    learner: machine.config.member(id)?.learner ?? false,
    alarms: [],
  };
}

export function progressOfAll({ id, data, leading }: RaftMember): RaftProgress | EtcdFault {
  if (leading === null) return notLeader();
  const match: Record<MemberId, number> = { [id]: lastIndex(data) };
  for (const [member, progress] of leading.progress) match[member] = progress.match;
  return { commit: data.commit, match };
}

export function addMember(
  kind: 'add' | 'addLearner',
  peerUrls: readonly string[],
): Service<AddedMember> {
  return (net, member, reply) => {
    const refusal = refuseQuorumCall(member) ?? refuseAddition(net, member, kind);
    if (refusal !== null) return void reply(refusal);
    const memberId = memberIdOf(peerUrls, '', net.world.clock.nowMs());
    const learner = kind === 'addLearner';
    const added = { id: memberId, name: '', peerUrls, clientUrls: [], learner };
    const change: ConfigChange = { kind, member: added };
    const answer = (asked: RaftMember) => ({ ...listOf(asked), memberId });
    write({ kind: 'config', change }, answer)(net, member, reply);
  };
}

export function removeMember(memberId: MemberId): Service<MemberList> {
  return (net, member, reply) => {
    const refusal = refuseQuorumCall(member) ?? refuseRemoval(net, member, memberId);
    if (refusal !== null) return void reply(refusal);
    write({ kind: 'config', change: { kind: 'remove', memberId } }, listOf)(net, member, reply);
  };
}

/** Passed on to the leader, who alone can judge it. */
export function promoteMember(memberId: MemberId): Service<MemberList> {
  return (net, member, reply) => {
    const refusal = refuseQuorumCall(member);
    if (refusal !== null) return void reply(refusal);
    const leader = leaderOf(net, member);
    if (leader === null) return;
    const laterMs = leader === member ? 0 : roundTripMs(net, member, leader);
    const notReady = refusePromotion(leader, memberId);
    if (notReady !== null) return void reply(notReady);
    const change = { kind: 'promote', memberId } as const;
    write({ kind: 'config', change }, listOf)(net, leader, (answer) => {
      if (leader !== member && !net.linked(leader, member)) return;
      reply(answer instanceof EtcdFault ? answer : { ...answer, laterMs });
    });
  };
}

function leaderOf(net: RaftNetwork, member: RaftMember): RaftMember | null {
  if (member.isLeader) return member;
  const leader = member.leaderId === null ? null : net.find(member.leaderId);
  return leader?.isLeader && linkedBothWays(net, member, leader) ? leader : null;
}

export function moveLeader(toId: MemberId): Service<void> {
  return (net, member, reply) => {
    const { leading, config } = member;
    const refusal = refuseQuorumCall(member);
    if (refusal !== null) return void reply(refusal);
    if (leading === null) return void reply(notLeader());
    if (toId === member.id) return void reply({ value: undefined });
    if (!config.isVoter(toId)) {
      return void reply(new EtcdFault('unknown', 'etcdserver: bad leader transferee'));
    }
    const giveUpAtMs = net.world.clock.nowMs() + electionTimeoutMs;
    leading.transferTo = toId;
    const attempt = () => {
      if (member.leading !== leading) return void reply({ value: undefined });
      if (transferTo(net, member, toId)) return void reply({ value: undefined });
      if (net.world.clock.nowMs() < giveUpAtMs) return member.process.later(heartbeatMs, attempt);
      leading.transferTo = null;
      reply(
        new EtcdFault('deadline', 'etcdserver: request timed out, leader transfer took too long'),
      );
    };
    attempt();
  };
}

function notLeader(): EtcdFault {
  return new EtcdFault('not-leader', 'etcdserver: not leader');
}
