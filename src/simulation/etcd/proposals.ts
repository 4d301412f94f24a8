import { EtcdFault } from '../../etcd/client/etcd-fault.ts';
import type { Command } from './commands.ts';
import type { Outcome, RaftMember } from './member.ts';
import type { RaftNetwork } from './network.ts';
import { accepts, append } from './replication.ts';

interface Proposal {
  readonly command: Command;
  /** Called once the entry is applied by the member that proposed it; perhaps never. */
  readonly done: (outcome: Outcome) => void;
}

/**
 * Proposes through a member, which passes it on to the leader it knows. What gets lost on the way,
 * or is not taken, is never answered, as in etcd.
 */
export function propose(net: RaftNetwork, member: RaftMember, { command, done }: Proposal): void {
  const proposalId = net.nextProposalId();
  member.awaitProposal(proposalId, done);
  const arrive = (leader: RaftMember) => take(net, { leader, member, command, proposalId });
  if (member.isLeader) return void arrive(member);
  const leader = member.leaderId === null ? null : net.find(member.leaderId);
  if (leader === null || !net.linked(member, leader)) return;
  net.world.clock.setTimeout(
    () => {
      if (leader.process.isActive && net.world.reaches(member.host, leader.host)) arrive(leader);
    },
    net.world.latencyMs(member.host, leader.host),
  );
}

interface Arrived {
  readonly leader: RaftMember;
  readonly member: RaftMember;
  readonly command: Command;
  readonly proposalId: number;
}

function take(net: RaftNetwork, { leader, member, command, proposalId }: Arrived): void {
  if (!accepts(leader, command)) return;
  const refusal = command.kind === 'config' ? leader.config.refusalOf(command.change) : null;
  if (refusal !== null) {
    const answer = () => member.settleProposal(proposalId, refusal);
    member.process.later(net.world.latencyMs(leader.host, member.host), answer);
    return;
  }
  const { leading } = leader;
  const write = () => {
    if (leader.leading === leading && accepts(leader, command)) {
      append(net, leader, { command, proposalId });
    }
  };
  const delayMs = leader.disk.fsyncDelayMs;
  if (delayMs > 0) leader.process.later(delayMs, write);
  else write();
}

/** Nothing that needs the quorum is tried by a member that knows no leader. */
export function noLeader(): EtcdFault {
  return new EtcdFault('no-leader', 'etcdserver: no leader');
}
