import type { Entry } from '../entry.ts';

type RecordedEvent = Entry['event'];

/** An event in a word or two, for a line: `done launchEtcd`, `after restartBackoff`. */
export function eventName({ type }: RecordedEvent): string {
  const [, kind, rest = ''] =
    /^xstate\.(init|done\.actor|error\.actor|after)\.?(.*)$/.exec(type) ?? [];
  switch (kind) {
    case 'init':
      return 'start';
    case 'done.actor':
      return `done ${rest}`;
    case 'error.actor':
      return `failed ${rest}`;
    case 'after':
      return `after ${rest.split('.')[0]}`;
    default:
      return type;
  }
}

/** An event as a sentence, with what it brings. */
export function eventSentence(event: RecordedEvent): string {
  const words = sentences[event.type];
  if (words !== undefined) return words(event);
  const [, kind, rest = ''] =
    /^xstate\.(done\.actor|error\.actor|after)\.(.*)$/.exec(event.type) ?? [];
  switch (kind) {
    case 'done.actor':
      return `The effect ${rest} came back${outcomeWords(event['output'])}.`;
    case 'error.actor':
      return `The effect ${rest} failed${faultWords(event['error'])}.`;
    case 'after':
      return `The delay ${rest.split('.')[0]} ran out.`;
    default:
      return `${event.type} came in.`;
  }
}

const sentences: Readonly<Record<string, (event: RecordedEvent) => string>> = {
  'xstate.init': () => 'e2d started.',
  'gossip.changed': ({ peers }) => `Gossip shows ${peersWords(peers)}.`,
  'cluster.surveyed': ({ answer }) =>
    at(answer, 'kind') === 'answers'
      ? `Cluster ${at(answer, 'clusterId')} of ${count(at(answer, 'members'))} members answers to the survey.`
      : 'No cluster answers to the survey.',
  'etcd.probed': ({ probe }) => {
    const read = at(probe, 'linearizable');
    return read === 'ok'
      ? 'Our own etcd was probed, and serves linearizable reads.'
      : `Our own etcd was probed; its linearizable read failed${faultWords(read)}.`;
  },
  'members.observed': ({ observation }) => {
    const answering = Object.keys(Object(at(observation, 'statuses'))).length;
    return `${answering} of ${count(at(observation, 'members'))} members answered to the sweep.`;
  },
  'etcd.exited': ({ reason }) => `etcd ended: ${at(reason, 'sentence')}.`,
  'loop.delayed': ({ delayMs }) => `Our own event loop stood still for ${delayMs} ms.`,
  'operator.stop.requested': () => 'The operator asked e2d to stop.',
  'operator.hurry.requested': () => 'The operator asked e2d to hurry.',
};

function peersWords(peers: unknown): string {
  if (!Array.isArray(peers) || peers.length === 0) return 'no other node';
  return peers.map((peer) => `${at(peer, 'name')} ${at(peer, 'liveness')}`).join(', ');
}

function outcomeWords(output: unknown): string {
  const kind = at(output, 'kind');
  switch (kind) {
    case 'refused':
      return `, refused by ${at(at(output, 'refusal'), 'rule')}: ${at(at(output, 'refusal'), 'sentence')}`;
    case 'busy':
      return `: ${at(output, 'holder')} holds the lock`;
    case 'failed':
      return `, failed${faultWords(at(output, 'fault'))}`;
    case 'done':
      return `: done, for member ${at(output, 'memberId')}`;
    default:
      return '';
  }
}

function faultWords(fault: unknown): string {
  const message = at(fault, 'message');
  return message === undefined ? '' : `: ${message}`;
}

function count(list: unknown): number {
  return Array.isArray(list) ? list.length : 0;
}

/** A field of what came from a file: undefined where there is none. */
function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}
