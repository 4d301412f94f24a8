import type { MemberId } from '../../../machines/facts.ts';
import { EtcdFault } from '../../etcd/client/etcd-fault.ts';
import { notFound } from './cluster-config.ts';
import { lastIndex } from './disk.ts';
import type { RaftMember } from './member.ts';
import type { RaftNetwork } from './network.ts';
import { connectedForMs } from './timing.ts';

/** The share of the leader's log that a learner must hold to be promoted. */
const readyShare = 0.9;

/** etcd's own gate on additions, with `--strict-reconfig-check`, as the member that is asked. */
export function refuseAddition(
  net: RaftNetwork,
  member: RaftMember,
  kind: 'add' | 'addLearner',
): EtcdFault | null {
  const { voters } = member.config;
  if (kind === 'add' && !isStartedQuorum(started(member), voters.length + 1, true)) {
    return notEnoughStarted();
  }
  const connected = connectedVoters(net, member);
  return connected < voters.length ? unhealthy() : null;
}

export function refuseRemoval(
  net: RaftNetwork,
  member: RaftMember,
  id: MemberId,
): EtcdFault | null {
  const { config } = member;
  if (config.member(id)?.learner) return null;
  const remaining = config.voters.filter((voter) => voter.id !== id);
  const remainingStarted = remaining.filter(({ name }) => name !== '').length;
  if (!isStartedQuorum(remainingStarted, remaining.length, false)) return notEnoughStarted();
  // Who is down already is no part of the quorum that is active.
  if (id !== member.id && net.connectedMs(member, id) === 0) return null;
  const { length } = config.voters;
  const active = connectedVoters(net, member);
  return active - 1 < 1 + Math.floor((length - 1) / 2) ? unhealthy() : null;
}

/** Asked of the leader, who alone knows how far the learner is. */
export function refusePromotion(leader: RaftMember, id: MemberId): EtcdFault | null {
  const { config, leading, data } = leader;
  const progress = id === leader.id ? lastIndex(data) : leading?.progress.get(id)?.match;
  if (config.member(id) === undefined || progress === undefined) return notFound();
  if (progress < lastIndex(data) * readyShare) {
    const sentence = 'can only promote a learner member which is in sync with leader';
    return new EtcdFault('learner-not-ready', `etcdserver: ${sentence}`);
  }
  const isReady = isStartedQuorum(started(leader) + 1, config.voters.length + 1, false);
  return isReady ? null : notEnoughStarted();
}

function started({ config }: RaftMember): number {
  return config.voters.filter(({ name }) => name !== '').length;
}

/** A voter added to a single one is let through: that is how a restored cluster grows. */
function isStartedQuorum(startedVoters: number, voters: number, growing: boolean): boolean {
  if (growing && startedVoters === 1 && voters === 2) return true;
  return startedVoters >= Math.floor(voters / 2) + 1;
}

function connectedVoters(net: RaftNetwork, member: RaftMember): number {
  const connected = (id: MemberId) =>
    id === member.id || net.connectedMs(member, id) >= connectedForMs;
  return member.config.voters.filter(({ id }) => connected(id)).length;
}

function notEnoughStarted(): EtcdFault {
  const sentence = 're-configuration failed due to not enough started members';
  return new EtcdFault('unhealthy-cluster', `etcdserver: ${sentence}`);
}

function unhealthy(): EtcdFault {
  return new EtcdFault('unhealthy-cluster', 'etcdserver: unhealthy cluster');
}
