import type { IKeyValue, IMember, IResponseHeader, IStatusResponse } from 'etcd3';
import type { Member, MemberId, MemberList } from '../../../machines/facts.ts';
import type { Alarm, KeyValue, StatusAnswer } from './endpoint.ts';
import { EtcdFault } from './etcd-fault.ts';

/** etcd's API speaks of ids in decimal; its logs, and e2d, in hexadecimal. */
export function idFromWire(decimal: string): MemberId {
  return BigInt(decimal).toString(16);
}

export function idToWire(id: MemberId): string {
  return BigInt(`0x${id}`).toString(10);
}

/** @throws EtcdFault when a number from the wire is not a safe integer. */
export function integerFromWire(decimal: string): number {
  const value = Number(decimal);
  if (Number.isSafeInteger(value)) return value;
  throw new EtcdFault(
    'unexpected-answer',
    `etcd sent the number ${decimal}, which is out of range.`,
  );
}

function memberFromWire(member: IMember): Member {
  return {
    id: idFromWire(member.ID),
    name: member.name,
    peerUrls: member.peerURLs,
    clientUrls: member.clientURLs,
    learner: member.isLearner,
  };
}

export function memberListFromWire(answer: {
  readonly header: IResponseHeader;
  readonly members: readonly IMember[];
}): MemberList {
  return {
    clusterId: idFromWire(answer.header.cluster_id),
    members: answer.members.map(memberFromWire),
  };
}

export function statusFromWire(answer: IStatusResponse): StatusAnswer {
  const leaderId = idFromWire(answer.leader);
  return {
    memberId: idFromWire(answer.header.member_id),
    clusterId: idFromWire(answer.header.cluster_id),
    leaderId: leaderId === '0' ? null : leaderId,
    raftTerm: integerFromWire(answer.raftTerm),
    raftIndex: integerFromWire(answer.raftIndex),
    raftAppliedIndex: integerFromWire(answer.raftAppliedIndex),
    revision: integerFromWire(answer.header.revision),
    dbSizeBytes: integerFromWire(answer.dbSize),
    version: answer.version,
    learner: answer.isLearner,
    alarms: answer.errors.flatMap(alarmFromWire),
  };
}

/** A status tells its alarms among its errors, as the text of etcd's own message. */
function alarmFromWire(error: string): readonly Alarm[] {
  const [, memberId, kind] = /memberID:(\d+)\s+alarm:(\w+)/.exec(error) ?? [];
  if (memberId === undefined || kind === undefined) return [];
  return [{ memberId: idFromWire(memberId), kind: kind.toLowerCase() }];
}

export function keyValueFromWire(pair: IKeyValue): KeyValue {
  return {
    key: pair.key.toString(),
    value: pair.value.toString(),
    createRevision: pair.create_revision,
    modRevision: pair.mod_revision,
  };
}
