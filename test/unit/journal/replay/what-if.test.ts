import { expect, test } from 'vitest';
import type { NodeSettings } from '../../../../machines/node/context.ts';
import { isDivergence, RunFold } from '../../../../src/journal/replay/run-fold.ts';
import { type ConductDifference, WhatIf } from '../../../../src/journal/replay/what-if.ts';
import { identity, member } from '../../../support/builders.ts';
import { prepared } from '../../../support/chart-run.ts';
import { cIsGone, peersWithoutC, RecordedRun, removalRun, settledRun } from './recorded-run.ts';

function whatIf(
  run: RecordedRun,
  change: (settings: NodeSettings) => NodeSettings,
): ConductDifference | null {
  const other = new WhatIf(change);
  const fold = new RunFold();
  for (const { header, entries } of run.segments) {
    fold.begin(header);
    for (const entry of entries) {
      const folded = fold.take(entry);
      if (isDivergence(folded)) throw new Error(folded.problem ?? 'diverged');
      const difference = other.take(header, folded);
      if (difference !== null) return difference;
    }
  }
  return null;
}

const policy =
  (changes: Partial<NodeSettings['policy']>) =>
  (settings: NodeSettings): NodeSettings => ({
    ...settings,
    policy: { ...settings.policy, ...changes },
  });

test('the settings as they were make no difference', () => {
  expect(whatIf(removalRun(), (settings) => settings)).toBeNull();
});

test('a shorter time-out removes the member earlier, and nothing differs before', () => {
  const run = removalRun();
  const difference = whatIf(run, policy({ healthCheckTimeoutMs: 20_000 }));
  const suspected = run.entries.find(({ state }) => state.includes('membership.suspecting'));
  expect((difference?.atMs ?? 0) - (suspected?.atMs ?? 0)).toBe(20_000);
  expect(difference?.recorded.state).toContain('membership.suspecting');
  expect(difference?.instead.state).toContain('membership.removing');
  expect(difference?.recorded.effects).toEqual([]);
  expect(difference?.instead.effects).toMatchObject([{ kind: 'start', id: 'remove' }]);
});

test('a longer one does not remove it when it was removed', () => {
  const run = removalRun();
  const removal = run.entries.find(({ effects }) => effects.some(({ id }) => id === 'remove'));
  const difference = whatIf(run, policy({ healthCheckTimeoutMs: 300_000 }));
  expect(difference?.seq).toBe(removal?.seq);
  expect(difference?.instead.state).toContain('membership.suspecting');
});

test('it goes on across segments, and from a checkpoint alone', () => {
  const run = settledRun();
  run.after(1_000).send(peersWithoutC(run.atMs));
  run.after(1_000).send(cIsGone(run.atMs)).cut();
  for (let second = 0; second <= 30; second += 1) run.after(1_000).send(cIsGone(run.atMs));
  const change = policy({ healthCheckTimeoutMs: 20_000 });
  const whole = whatIf(run, change);
  run.segments.shift();
  expect(whatIf(run, change)?.seq).toBe(whole?.seq);
  expect(whole?.instead.effects).toMatchObject([{ id: 'remove' }]);
});

function waitingForPeers(): RecordedRun {
  const run = new RecordedRun().done('prepare', prepared());
  for (let minute = 0; minute < 30; minute += 1) {
    run.after(60_000).send({ type: 'gossip.changed', atMs: run.atMs, peers: [] });
  }
  return run.elapse('bootstrapTimeout');
}

test('a shorter delay runs out by the clock of the log', () => {
  const run = waitingForPeers();
  const difference = whatIf(run, (all) => ({ ...all, bootstrapTimeoutMs: 90_000 }));
  expect(run.state).toBe('failed');
  expect(difference).toMatchObject({ atMs: 1_000 + 90_000, seq: 4 });
  expect(difference?.because).toBe('the delay bootstrapTimeout would have run out by then');
  expect(difference?.instead.state).toBe('failed');
});

test('a longer delay does not run out when the recorded one did', () => {
  const run = waitingForPeers();
  const difference = whatIf(run, (all) => ({ ...all, bootstrapTimeoutMs: 3_600_000 }));
  expect(difference).toMatchObject({ seq: run.entries.length, recorded: { state: 'failed' } });
  expect(difference?.instead.state).toBe('active.deciding.surveying');
});

test('the cluster size is the whole cluster’s, and follows in what the machine told', () => {
  const run = new RecordedRun().done('prepare', prepared());
  const difference = whatIf(run, (all) => ({ ...all, requiredSize: 1 }));
  expect(difference?.seq).toBe(2);
  expect(difference?.recorded.decision?.kind).toBe('wait');
  expect(difference?.instead.decision).toMatchObject({ kind: 'act', path: 'bootstrap-new' });
});

function removed(run: RecordedRun): RecordedRun {
  const output = { kind: 'done', clusterId: 'c1', members: [member('a')], memberId: 'mc' };
  return run.done('remove', output);
}

test('a cap of none would have refused the removal, one of three would not', () => {
  const run = removed(removalRun());
  expect(whatIf(run, policy({ maxRemovalsPerHour: 1 }))).toBeNull();
  const difference = whatIf(run, policy({ maxRemovalsPerHour: 0 }));
  expect(difference?.because).toContain('would have been refused (S14)');
  expect(difference?.recorded.state).toContain('membership.cooldown');
  expect(difference?.instead.state).toContain('membership.capped');
});

test('a higher cap would not have held a removal back that was', () => {
  const sentence = '3 members were removed in the last hour, and the cap is 3';
  const output = { kind: 'refused', refusal: { rule: 'S14', sentence } };
  const run = removalRun().done('remove', output);
  expect(whatIf(run, policy({ maxRemovalsPerHour: 2 }))).toBeNull();
  const difference = whatIf(run, policy({ maxRemovalsPerHour: 9 }));
  expect(difference?.instead.state).toContain('membership.cooldown');
});

test('the cap holds for a node that replaces its own member, too', () => {
  const members = [member('a'), member('b'), member('c')];
  const answering = ['mb', 'mc'];
  const answer = { kind: 'answers', clusterId: 'c1', members, answering, record: null };
  const known = identity('a', { memberId: 'ma', clusterId: 'c1', lineage: 'l1' });
  const run = new RecordedRun().done('prepare', prepared({ identity: known }));
  run.send({ type: 'cluster.surveyed', atMs: run.atMs, answer });
  expect(run.state).toBe('active.replacingSelf.requesting');
  run.done('replaceMember', { kind: 'done', clusterId: 'c1', members, memberId: 'mx' });
  expect(whatIf(run, policy({ maxRemovalsPerHour: 1 }))).toBeNull();
  const difference = whatIf(run, policy({ maxRemovalsPerHour: 0 }));
  expect(difference?.because).toContain('the removal of ma would have been refused (S14)');
  expect(difference?.instead.state).toBe('active.replacingSelf.capped');
});
