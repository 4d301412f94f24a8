import type { MemberId } from '../../../machines/facts.ts';
import type { ConfigChangeEvent } from './events.ts';
import type { RaftMember } from './member.ts';
import type { EtcdWorld } from './world.ts';

/** The members of one cluster that run, and the links between them. */
export interface RaftNetwork {
  readonly world: EtcdWorld;
  readonly catchUpEntriesPerSecond: number;
  /** The running member of an id, wherever it is. */
  find(id: MemberId): RaftMember | null;
  /** The running member that is reached at the peer URL that `from`'s member list has for an id. */
  peer(from: RaftMember, id: MemberId): RaftMember | null;
  /** Whether a message gets from one to the other now; both are active. */
  linked(from: RaftMember, to: RaftMember): boolean;
  /** How long two members have been connected both ways, in milliseconds; 0 when they are not. */
  connectedMs(from: RaftMember, to: MemberId): number;
  /** Something changed: members are looked at again at the next beat. */
  wake(): void;
  /** Has members looked at again at this time. */
  wakeAt(atMs: number): void;
  nextProposalId(): number;
  configChanged(event: ConfigChangeEvent): void;
}

export function linkedBothWays(net: RaftNetwork, left: RaftMember, right: RaftMember): boolean {
  return net.linked(left, right) && net.linked(right, left);
}

export function roundTripMs(net: RaftNetwork, left: RaftMember, right: RaftMember): number {
  const { world } = net;
  return world.latencyMs(left.host, right.host) + world.latencyMs(right.host, left.host);
}
