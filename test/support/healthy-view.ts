import type { Member, MemberList } from '../../machines/facts.ts';
import type { EtcdGateway } from './etcd-gateway.ts';

/** A member as it should be, and the way to ask it. */
export interface ExpectedMember {
  readonly peerUrl: string;
  readonly gateway: EtcdGateway;
}

/** What is true of a cluster at one moment in which all of its members are well. */
export interface HealthyView {
  readonly clusterId: string;
  readonly leaderId: string;
  readonly raftTerm: number;
  /** In the order of their ids. */
  readonly members: readonly Member[];
}

/**
 * The view that all members share when the cluster consists of exactly the expected ones as started
 * voters and each answers a linearizable read; null, or a rejection, otherwise.
 */
export async function healthyView(
  expected: readonly ExpectedMember[],
): Promise<HealthyView | null> {
  const gateways = expected.map((member) => member.gateway);
  const lists = await Promise.all(gateways.map((one) => one.members({ linearizable: true })));
  const statuses = await Promise.all(gateways.map((one) => one.status()));
  await Promise.all(gateways.map((one) => one.readLinearizably()));
  const [list] = lists;
  const [status] = statuses;
  if (list === undefined || status === undefined || status.leaderId === null) return null;
  const { leaderId, raftTerm } = status;
  const urls = list.members.flatMap((member) => member.peerUrls);
  const well =
    sameText(urls.sort(), expected.map((member) => member.peerUrl).sort()) &&
    lists.every((other) => sameText(sorted(other), sorted(list))) &&
    statuses.every((other) => other.leaderId === leaderId && !other.learner) &&
    list.members.every((member) => !member.learner && member.name !== '');
  return well
    ? { clusterId: list.clusterId, leaderId, raftTerm, members: sorted(list).members }
    : null;
}

function sorted(list: MemberList): MemberList {
  return { ...list, members: [...list.members].sort((a, b) => (a.id < b.id ? -1 : 1)) };
}

function sameText(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
