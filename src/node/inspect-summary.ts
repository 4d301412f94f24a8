import type { AnyEventObject } from 'xstate';
import type { ClusterAnswer, Fault, MembersObservation, OwnProbe } from '../../machines/facts.ts';
import type { NodeEvent } from '../../machines/node/events.ts';
import { leaderStatus } from '../../machines/quorum.ts';

/**
 * What an event says, as one line for a person. Leaves out what differs from one probe to the next
 * without meaning anything (revisions, indexes), so that equal summaries are equal news.
 */
export function summaryOf(event: AnyEventObject): string {
  const [, family, subject = ''] = internal.exec(event.type) ?? [];
  switch (family) {
    case 'init':
      return 'the node begins its life';
    case 'after':
      return `${timerNameOf(event.type).name} has run out`;
    case 'done.actor':
      return `${subject} came back${outcomeOf(event['output'])}`;
    case 'error.actor':
      return `${subject} failed: ${problemOf(event['error'])}`;
    case 'snapshot':
      return `${subject} goes on`;
    default:
      return factSummary(event as NodeEvent);
  }
}

const internal = /^xstate\.(init|after|done\.actor|error\.actor|snapshot)\.?(.*)$/;

/** The id of a delayed transition, `xstate.after.<delay>.<state id>`, taken apart. */
export function timerNameOf(id: string): { readonly name: string; readonly state: string } {
  const [, name = id, state = ''] = /^xstate\.after\.([^.]+)\.(.+)$/.exec(id) ?? [];
  return { name, state };
}

function factSummary(event: NodeEvent): string {
  switch (event.type) {
    case 'gossip.changed':
      return event.peers.length === 0
        ? 'gossip shows no other node'
        : `gossip shows ${event.peers
            .map(
              ({ name, liveness, status }) => `${name} ${liveness === 'alive' ? status : liveness}`,
            )
            .join(', ')}`;
    case 'cluster.surveyed':
      return answerSummary(event.answer);
    case 'etcd.probed':
      return probeSummary(event.probe);
    case 'members.observed':
      return membersSummary(event.observation);
    case 'etcd.exited':
      return event.reason.sentence;
    case 'loop.delayed':
      return `this process stood still for ${event.delayMs} ms`;
    case 'operator.stop.requested':
      return 'an operator asks for an orderly end';
    case 'operator.hurry.requested':
      return 'an operator asks for an end at once';
    default:
      return otherSummary(event);
  }
}

/** An event that a later chart may know. */
function otherSummary({ type }: { readonly type: string }): string {
  return type;
}

function answerSummary(answer: ClusterAnswer): string {
  if (answer.kind === 'silent') return 'no etcd of another node answers';
  const { clusterId, members, answering } = answer;
  return `cluster ${clusterId} answers: ${answering.length} of ${members.length} members`;
}

function probeSummary({ status, linearizable, serializable, alarms }: OwnProbe): string {
  const raised = alarms.length === 0 ? '' : `; alarms: ${alarms.join(', ')}`;
  if (!('memberId' in status)) return `etcd does not answer (${status.code})${raised}`;
  const role = status.learner ? ' as a learner' : '';
  if (serializable !== 'ok') return `etcd serves no reads (${serializable.code})${raised}`;
  return linearizable === 'ok'
    ? `etcd serves${role}, and quorum is held${raised}`
    : `etcd serves${role}, but reads through quorum fail (${linearizable.code})${raised}`;
}

function membersSummary({ members, statuses }: MembersObservation): string {
  const silent = members.filter(({ id }) => statuses[id] === undefined);
  const leader = leaderStatus(statuses);
  const leads = members.find(({ id }) => id === leader?.memberId)?.name;
  const but = silent.length === 0 ? '' : `, not ${silent.map(nameOrId).join(', ')}`;
  const learners = members.filter(({ learner }) => learner).map(nameOrId);
  return [
    `${members.length - silent.length} of ${members.length} members answer${but}`,
    leads === undefined ? 'nobody leads' : `${leads} leads`,
    ...(learners.length === 0 ? [] : [`learning: ${learners.join(', ')}`]),
  ].join('; ');
}

function nameOrId({ name, id }: { readonly name: string; readonly id: string }): string {
  return name === '' ? id : name;
}

/** Of outputs, how a membership change came out is news; others show in what the chart does. */
function outcomeOf(output: unknown): string {
  if (typeof output !== 'object' || output === null || !('kind' in output)) return '';
  if (output.kind === 'done') return ': done';
  if (output.kind === 'busy' && 'holder' in output)
    return `: busy, ${String(output.holder)} is at it`;
  if (output.kind === 'failed' && 'fault' in output) return `: ${problemOf(output.fault)}`;
  if (output.kind !== 'refused' || !('refusal' in output)) return '';
  const { refusal } = output;
  if (typeof refusal !== 'object' || refusal === null) return ': refused';
  const sentence = 'sentence' in refusal ? ` (${String(refusal.sentence)})` : '';
  return `: refused by ${'rule' in refusal ? String(refusal.rule) : 'a rule'}${sentence}`;
}

function problemOf(fault: unknown): string {
  const isFault = typeof fault === 'object' && fault !== null && 'message' in fault;
  return isFault ? String((fault as Fault).message) : 'for an unknown reason';
}
