import { describe, expect, test } from 'vitest';
import { waitingFor } from '../../../src/node/waiting-for.ts';
import { member, peer, status } from '../../support/builders.ts';
import { ChartRun, observed, prepared, probed, settledVoter } from '../../support/chart-run.ts';

const silent = { code: 'deadline', message: 'no answer' } as const;

/** A node whose own dead member is in the list of a cluster that answers. */
function replacing(): ChartRun {
  return new ChartRun().done('prepare', prepared()).send({
    type: 'cluster.surveyed',
    atMs: 0,
    answer: {
      kind: 'answers',
      clusterId: 'c1',
      members: [member('a'), member('b')],
      answering: ['mb'],
      record: null,
    },
  });
}

describe('a node that waits says by which rule', () => {
  test('for a decision that lacks facts', () => {
    const run = new ChartRun().done('prepare', prepared());
    expect(waitingFor(run.snapshot)).toMatchObject({ rule: 'S7', command: null });
  });

  test.each([
    ['S14', 'refused', 'raise --max-removals-per-hour, or wait an hour'],
    ['S13', 'refused', null],
  ] as const)('for a change that %s forbids', (rule, kind, command) => {
    const run = replacing().done('replaceMember', { kind, refusal: { rule, sentence: 'not now' } });
    expect(waitingFor(run.snapshot)).toEqual({ rule, sentence: 'not now', command });
  });

  test('for a step of a restore that failed, and for the coordinator of one', () => {
    const lost = (coordinator: string) =>
      new ChartRun()
        .done('prepare', prepared({ store: 'snapshot' }))
        .send({ type: 'gossip.changed', atMs: 0, peers: [peer(coordinator), peer('c')] });
    const failed = lost('b').fails('chooseSnapshot', 'E2D_STORE_UNREACHABLE');
    expect(waitingFor(failed.snapshot)).toMatchObject({
      rule: 'S4',
      sentence: expect.stringContaining('chooseSnapshot failed'),
    });
    expect(waitingFor(lost('0').done('fetchAhead', null).snapshot)).toMatchObject({
      rule: 'S4',
      sentence: expect.stringContaining('0 is to propose the plan'),
    });
  });

  test('for a change that fails', () => {
    const run = replacing().done('replaceMember', { kind: 'failed', fault: silent });
    expect(waitingFor(run.snapshot)).toMatchObject({
      rule: 'S12',
      sentence: expect.stringContaining('the last attempt failed: no answer'),
    });
  });

  test('for quorum, with who answers', () => {
    const run = settledVoter()
      .send(observed(0, { members: [member('a'), member('b')], statuses: { ma: status('a') } }))
      .send(probed({ linearizable: silent }));
    expect(waitingFor(run.snapshot)).toEqual({
      rule: 'S10',
      sentence:
        'quorum is lost (1 of 2 voters answer): nothing is changed until a majority of the voters is back',
      command: null,
    });
  });

  test('for etcd, when it does not stay up', () => {
    const reason = { kind: 'crashed', sentence: 'it crashed' } as const;
    const run = settledVoter().send({ type: 'etcd.exited', atMs: 0, reason });
    expect(waitingFor(run.snapshot)).toMatchObject({
      rule: 'S9',
      sentence: expect.stringContaining('it crashed'),
    });
  });

  test('for its vote, while it is a learner', () => {
    const learner = new ChartRun()
      .done('prepare', prepared({ data: { kind: 'readable' } }))
      .done('launchEtcd', { pid: 7 })
      .send(probed({ status: status('a', { learner: true }) }));
    expect(waitingFor(learner.snapshot)).toMatchObject({ rule: 'S13', command: null });
  });

  test('for an operator, when etcd cannot run as it is', () => {
    const reason = { kind: 'bad-flags', sentence: 'etcd does not know a flag' } as const;
    const run = settledVoter().send({ type: 'etcd.exited', atMs: 0, reason });
    expect(waitingFor(run.snapshot)).toMatchObject({ sentence: 'etcd does not know a flag' });
  });

  test('and for nothing while it serves', () => {
    expect(waitingFor(settledVoter().snapshot)).toBeNull();
  });
});
