import { EtcdFault } from '../../etcd/client/etcd-fault.ts';
import { confirmLeadership } from './leadership.ts';
import type { RaftMember } from './member.ts';
import { linkedBothWays, type RaftNetwork, roundTripMs } from './network.ts';
import { readRetryMs, requestTimeoutMs } from './timing.ts';

/**
 * Brings a member's state up to what was committed when it was asked, and proves that a quorum
 * follows its leader. `done` gets the time that took beyond now, or why it failed; tried again
 * while no quorum answers.
 */
export function readThroughQuorum(
  net: RaftNetwork,
  member: RaftMember,
  done: (answer: number | EtcdFault) => void,
): void {
  const giveUpAtMs = net.world.clock.nowMs() + requestTimeoutMs;
  let over = false;
  const finish = (answer: number | EtcdFault) => {
    if (over) return;
    over = true;
    ignoreLoss();
    done(answer);
  };
  const ignoreLoss = member.onLeaderLost(() =>
    finish(new EtcdFault('no-leader', 'etcdserver: leader changed')),
  );
  const attempt = () => {
    if (over) return;
    const confirmed = confirm(net, member);
    if (confirmed !== null) {
      member.whenApplied(confirmed.index, () => finish(confirmed.tookMs));
    } else if (net.world.clock.nowMs() >= giveUpAtMs) {
      finish(new EtcdFault('deadline', 'etcdserver: request timed out'));
    } else member.process.later(readRetryMs, attempt);
  };
  attempt();
}

function confirm(
  net: RaftNetwork,
  member: RaftMember,
): { readonly index: number; readonly tookMs: number } | null {
  const leader = member.leaderId === null ? null : net.find(member.leaderId);
  if (leader === null) return null;
  if (leader !== member && !linkedBothWays(net, member, leader)) return null;
  const confirmedMs = confirmLeadership(net, leader);
  if (confirmedMs === null) return null;
  const askedMs = leader === member ? 0 : roundTripMs(net, member, leader);
  return { index: leader.data.commit, tookMs: confirmedMs + askedMs };
}
