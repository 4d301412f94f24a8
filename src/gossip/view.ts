import { bytesToIp } from './address.ts';
import type { MemberRecord, RecordState } from './member-record.ts';

/** `failed`: declared dead by the pool. `left`: said good-bye itself. */
type MemberState = 'alive' | 'suspect' | 'failed' | 'left';

/** One node as this node sees it. */
export interface Member {
  readonly name: string;
  /** IP address in text; IPv4 also where the node announced its IPv6 form. */
  readonly addr: string;
  readonly port: number;
  readonly meta: Uint8Array;
  readonly incarnation: number;
  readonly state: MemberState;
  /** On this node's monotonic clock. */
  readonly stateChangedAtMs: number;
  readonly isSelf: boolean;
}

/** All remembered nodes, ourselves included, by name. Dead and left ones stay for a while. */
export interface GossipView {
  readonly self: Member;
  readonly members: ReadonlyMap<string, Member>;
}

/**
 * What happened to a node. `joined`: new, or back from failed or left. `updated`: its metadata or
 * address changed. `recovered`: no longer
 * suspected. `forgotten`: no longer remembered after it had failed or left.
 */
export type GossipEventType =
  | 'joined'
  | 'updated'
  | 'suspected'
  | 'recovered'
  | 'failed'
  | 'left'
  | 'forgotten';

/** A change, with the whole view as it is right after it. */
export interface GossipEvent {
  readonly type: GossipEventType;
  readonly member: Member;
  /** The member before the change; null for a new one. */
  readonly previous: Member | null;
  readonly view: GossipView;
}

const STATES: Record<RecordState, MemberState> = {
  alive: 'alive',
  suspect: 'suspect',
  dead: 'failed',
  left: 'left',
};

export function memberOf(record: MemberRecord, selfName: string): Member {
  return {
    name: record.name,
    addr: bytesToIp(record.addr) ?? '',
    port: record.port,
    meta: record.meta,
    incarnation: record.incarnation,
    state: STATES[record.state],
    stateChangedAtMs: record.stateChangedAtMs,
    isSelf: record.name === selfName,
  };
}

/** The event that turns `previous` into `record`. */
export function eventTypeOf(
  previous: MemberRecord | undefined,
  record: MemberRecord,
): GossipEventType {
  if (record.state === 'suspect') return 'suspected';
  if (record.state === 'dead') return 'failed';
  if (record.state === 'left') return 'left';
  if (previous === undefined || previous.state === 'dead' || previous.state === 'left') {
    return 'joined';
  }
  return previous.state === 'suspect' ? 'recovered' : 'updated';
}
