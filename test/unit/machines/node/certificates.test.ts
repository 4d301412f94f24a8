import { describe, expect, test } from 'vitest';
import type { CertificateReading } from '../../../../machines/facts.ts';
import type { NodeEvent } from '../../../../machines/node/events.ts';
import { status } from '../../../support/builders.ts';
import { type ChartRun, probed, settledVoter } from '../../../support/chart-run.ts';

const silent = { code: 'unavailable', message: 'nobody answers' } as const;
const nothing: CertificateReading = { due: [], rotation: null, inFiles: 'x', inEtcd: 'x' };
const granted = { kind: 'granted', leaseId: '7', untilMs: 15_000 } as const;

function read(changes: Partial<CertificateReading> = {}): NodeEvent {
  return { type: 'certificates.read', atMs: 0, reading: { ...nothing, ...changes } };
}

const changed = read({ inFiles: 'y' });

function stateOf(run: ChartRun, region: 'certificates' | 'etcd'): unknown {
  const { active } = run.snapshot.value as { active: { running: Record<string, unknown> } };
  return active.running[region];
}

/** It was granted its turn, and hands over leadership. */
function itsTurn(): ChartRun {
  return settledVoter().send(changed).done('takeTurn', granted);
}

/** etcd was stopped for it, and started anew. */
function startedAnew(): ChartRun {
  return itsTurn()
    .done('handOverLeadership', { moved: true }, 'handOverBeforeRestart')
    .done('stopEtcd', null, 'endBeforeRestart')
    .done('launchEtcd', { pid: 8 });
}

describe('renewal', () => {
  test('is done when it is due, and then waits for the next reading', () => {
    const run = settledVoter().send(read({ due: ['peer', 'server'] }));
    expect(run.input('renewCertificates').roles).toEqual(['peer', 'server']);
    run.done('renewCertificates', null);
    expect(stateOf(run, 'certificates')).toBe('watching');
    expect(run.send(read({ due: ['peer'] })).running).toContain('renewCertificates');
  });

  test('that fails is tried again later, or once the files have changed', () => {
    const failed = () =>
      settledVoter()
        .send(read({ due: ['peer'] }))
        .fails('renewCertificates');
    expect(stateOf(failed(), 'certificates')).toBe('obstructed');
    expect(failed().elapse('obstructionRetry').running).toContain('renewCertificates');
    expect(stateOf(failed().send(read()), 'certificates')).toBe('watching');
  });

  test('rests while the authority is changed: it would bring the old one back', () => {
    const run = settledVoter().send(read({ due: ['peer'], rotation: { work: null } }));
    expect(stateOf(run, 'certificates')).toBe('watching');
  });
});

describe('a change of the authority', () => {
  test('is followed one work after the other', () => {
    const run = settledVoter().send(read({ rotation: { work: 'trust-both' } }));
    expect(run.input('followRotation').work).toBe('trust-both');
    run.done('followRotation', null);
    expect(stateOf(run, 'certificates')).toBe('watching');
    run.send(read({ rotation: { work: 'drop-old' } }));
    expect(run.input('followRotation').work).toBe('drop-old');
  });

  test('that a file is in the way of is tried again', () => {
    const run = settledVoter().send(read({ rotation: { work: 'drop-old' } }));
    expect(stateOf(run.fails('followRotation'), 'certificates')).toBe('obstructed');
  });
});

describe('a restart for other authorities', () => {
  test.each<[string, () => ChartRun]>([
    [
      'nobody knows what etcd trusts',
      () => settledVoter().send(read({ inFiles: 'y', inEtcd: null })),
    ],
    ['etcd trusts what the files say', () => settledVoter().send(read())],
    [
      'there is no quorum',
      () =>
        settledVoter()
          .send(probed({ linearizable: silent }))
          .send(changed),
    ],
    [
      'the member is a learner',
      () =>
        settledVoter()
          .send(probed({ status: status('a', { learner: true }) }))
          .send(changed),
    ],
  ])('is not asked for while %s', (_, run) => {
    expect(run().running).not.toContain('takeTurn');
  });

  test('is asked for through our own etcd, and begins when it is our turn', () => {
    const run = settledVoter().send(changed);
    expect(run.input('takeTurn')).toMatchObject({ endpoints: ['http://a:2379'] });
    expect(stateOf(run, 'etcd')).toEqual({ up: 'healthy' });
    run.done('takeTurn', granted);
    expect(stateOf(run, 'etcd')).toEqual({ restarting: 'handingOver' });
    run.done('handOverLeadership', { moved: false }, 'handOverBeforeRestart');
    expect(run.input('stopEtcd', 'endBeforeRestart')).toMatchObject({ untilMs: 15_000 });
  });

  test.each([
    { kind: 'busy', holder: 'b' },
    { kind: 'refused', refusal: { rule: 'S14', sentence: 'member b is away' } },
    { kind: 'failed', fault: silent },
  ] as const)('waits and asks again: $kind', (outcome) => {
    const run = settledVoter().send(changed).done('takeTurn', outcome);
    expect(stateOf(run, 'certificates')).toBe('pausing');
    expect(stateOf(run, 'etcd')).toEqual({ up: 'healthy' });
    expect(run.elapse('certificateRetry').running).toContain('takeTurn');
  });

  test('goes on although nobody took leadership over', () => {
    const failed = itsTurn().fails('handOverBeforeRestart');
    expect(stateOf(failed, 'etcd')).toEqual({ restarting: 'ending' });
    const late = itsTurn().elapse('handOverDeadline');
    expect(stateOf(late, 'etcd')).toEqual({ restarting: 'ending' });
  });

  test('is dropped when the turn was over before etcd was stopped', () => {
    const run = itsTurn().elapse('handOverDeadline').fails('endBeforeRestart', 'deadline');
    expect(stateOf(run, 'etcd')).toEqual({ up: 'healthy' });
    expect(stateOf(run, 'certificates')).toBe('pausing');
    expect(run.context.certificates.turn).toBeNull();
  });

  test('ends once etcd has quorum again, and not before it was asked', () => {
    const run = startedAnew();
    expect(run.context.pid).toBe(8);
    expect(stateOf(run, 'certificates')).toBe('restarting');
    run.send(probed({ linearizable: silent }));
    expect(stateOf(run, 'certificates')).toBe('restarting');
    run.send(probed());
    expect(run.input('yieldTurn').leaseId).toBe('7');
    run.done('yieldTurn', null);
    expect(stateOf(run, 'certificates')).toBe('watching');
  });

  test('that gets no quorum gives its turn up in the end, and the lock ends by itself', () => {
    const run = startedAnew().elapse('turnDeadline');
    expect(stateOf(run, 'certificates')).toBe('pausing');
    expect(startedAnew().send(probed()).fails('yieldTurn').context.certificates.turn).toBeNull();
  });

  test('is not had twice: what is read of the etcd before says nothing of the new one', () => {
    const run = startedAnew().send(probed()).done('yieldTurn', null);
    expect(run.running).not.toContain('takeTurn');
    expect(run.send(read({ inFiles: 'y', inEtcd: 'y' })).running).not.toContain('takeTurn');
    expect(run.send(changed).running).toContain('takeTurn');
  });

  test('is had with a turn of its own: one from before counts no more', () => {
    const run = itsTurn();
    run.send({ type: 'operator.stop.requested' });
    expect(run.running).not.toContain('endBeforeRestart');
  });
});
