import { expect, test } from 'vitest';
import { summaryOf, timerNameOf } from '../../../src/node/inspect-summary.ts';
import { member, peer, status, statuses } from '../../support/builders.ts';
import { healthyProbe, observed, probed } from '../../support/chart-run.ts';

const fault = { code: 'unavailable', message: 'nobody is there' };
const done = (id: string, output: unknown) => ({ type: `xstate.done.actor.${id}`, output });
const answer = {
  kind: 'answers',
  clusterId: 'c1',
  members: [member('a'), member('b')],
  answering: ['mb'],
  record: null,
};
const nameless = member('', { id: 'mx', learner: true });

test.each([
  [{ type: 'xstate.init' }, 'the node begins its life'],
  [{ type: 'xstate.after.planRetry.node.active.x' }, 'planRetry has run out'],
  [done('prepare', { identity: {} }), 'prepare came back'],
  [done('promote', { kind: 'done', memberId: 'ma' }), 'promote came back: done'],
  [done('promote', { kind: 'busy', holder: 'b' }), 'promote came back: busy, b is at it'],
  [done('promote', { kind: 'failed', fault }), 'promote came back: nobody is there'],
  [
    done('remove', { kind: 'refused', refusal: { rule: 'S14', sentence: 'three went already' } }),
    'remove came back: refused by S14 (three went already)',
  ],
  [{ type: 'xstate.error.actor.prepare', error: fault }, 'prepare failed: nobody is there'],
  [{ type: 'xstate.error.actor.prepare', error: 7 }, 'prepare failed: for an unknown reason'],
  [{ type: 'gossip.changed', peers: [] }, 'gossip shows no other node'],
  [
    { type: 'gossip.changed', peers: [peer('b'), peer('c', { liveness: 'left' })] },
    'gossip shows b surveying, c left',
  ],
  [{ type: 'cluster.surveyed', answer: { kind: 'silent' } }, 'no etcd of another node answers'],
  [{ type: 'cluster.surveyed', answer }, 'cluster c1 answers: 1 of 2 members'],
  [probed(), 'etcd serves, and quorum is held'],
  [
    probed({ linearizable: fault, alarms: ['NOSPACE'] }),
    'etcd serves, but reads through quorum fail (unavailable); alarms: NOSPACE',
  ],
  [
    probed({ status: status('a', { learner: true }), linearizable: fault }),
    'etcd serves as a learner, but reads through quorum fail (unavailable)',
  ],
  [probed({ serializable: fault }), 'etcd serves no reads (unavailable)'],
  [probed({ ...healthyProbe, status: fault }), 'etcd does not answer (unavailable)'],
  [
    observed(0, { members: [member('a'), nameless], statuses: statuses('a') }),
    '1 of 2 members answer, not mx; a leads; learning: mx',
  ],
  [
    observed(0, { members: [member('a')], statuses: {} }),
    '0 of 1 members answer, not a; nobody leads',
  ],
  [{ type: 'etcd.exited', reason: { kind: 'killed', sentence: 'it was killed' } }, 'it was killed'],
  [{ type: 'loop.delayed', delayMs: 900 }, 'this process stood still for 900 ms'],
  [{ type: 'operator.stop.requested' }, 'an operator asks for an orderly end'],
  [{ type: 'operator.hurry.requested' }, 'an operator asks for an end at once'],
  [{ type: 'of.a.later.chart' }, 'of.a.later.chart'],
])('%j', (event, summary) => {
  expect(summaryOf(event)).toBe(summary);
});

test('the id of a timer that is none of the chart stays whole', () => {
  expect(timerNameOf('other')).toEqual({ name: 'other', state: '' });
});
