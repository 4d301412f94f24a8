import { describe, expect, test } from 'vitest';
import type { InspectedStep } from '../../../machines/inspect-report.ts';
import { statePath } from '../../../machines/state-path.ts';
import { member, peer, statuses } from '../../support/builders.ts';
import { observed, prepared, probed } from '../../support/chart-run.ts';
import { askingRun, InspectedRun, suspectingRun } from '../../support/inspect-example.ts';

const sinceOf = (run: InspectedRun) =>
  Object.fromEntries(run.report().active.map(({ id, sinceMs }) => [id, sinceMs]));
const shortly = ({ event, times, from, to }: InspectedStep) =>
  `${event} ${times}${from === to ? '' : ' moved'}`;

describe('the report', () => {
  test('of a node that is doing well but suspects another', () => {
    const report = suspectingRun().report();
    expect(report).toMatchObject({
      node: { name: 'a', pid: 4242 },
      chart: { name: 'node', definitionHash: expect.stringMatching(/^[0-9a-f]{64}$/) },
      atMs: 3_607_100,
      askedAt: '1970-01-01T01:00:07.100Z',
      path: 'restart-existing',
      decision: { kind: 'act', rule: 'S9', facts: { ownData: 'readable', memberId: 'ma' } },
      waitingFor: null,
      timers: [],
      leader: 'a',
      recording: { state: 'recording' },
    });
    expect(report.state).toMatchObject({ active: { running: { membership: 'suspecting' } } });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  test('names every active state, and since when', () => {
    expect(sinceOf(suspectingRun())).toEqual({
      node: 3_607_100,
      'node.active': 3_606_980,
      'node.active.running': 3_606_980,
      'node.active.running.certificates': 3_606_980,
      'node.active.running.certificates.watching': 3_606_980,
      'node.active.running.etcd': 3_606_980,
      'node.active.running.etcd.up': 3_606_900,
      'node.active.running.etcd.up.healthy': 3_606_000,
      'node.active.running.quorum': 3_606_980,
      'node.active.running.quorum.held': 3_606_000,
      'node.active.running.standing': 3_606_980,
      'node.active.running.standing.voting': 3_606_000,
      'node.active.running.membership': 3_606_980,
      'node.active.running.membership.suspecting': 4_000,
      'node.active.running.backup': 3_606_980,
      'node.active.running.backup.idle': 3_606_980,
      'node.active.running.proof': 3_606_980,
      'node.active.running.proof.idle': 3_606_980,
    });
    const [root] = suspectingRun().report().active;
    expect(root?.description).toBe('The life of one node: one e2d beside one etcd.');
  });

  test('says what an operator must do', () => {
    expect(askingRun().report()).toMatchObject({
      decision: { kind: 'ask', rule: 'S8' },
      waitingFor: { rule: 'S8', command: expect.stringContaining('bring the data back') },
    });
  });

  test('takes the ids of delays apart', () => {
    const run = new InspectedRun().done('prepare', prepared()).after(1_000);
    expect(run.report().timers).toEqual([
      {
        id: 'xstate.after.bootstrapTimeout.node.active.deciding.surveying',
        name: 'bootstrapTimeout',
        state: 'node.active.deciding.surveying',
        leftMs: 1_799_000,
      },
    ]);
  });

  test('knows the actors that run, and why', () => {
    const run = new InspectedRun().after(50);
    expect(run.report().actors).toEqual([
      {
        id: 'prepare',
        src: 'prepare',
        kind: 'effect',
        sinceMs: 50,
        reason: { rule: 'S18', sentence: expect.stringContaining('by looking') },
      },
    ]);
    run.done('prepare', prepared());
    expect(run.report().actors).toEqual([
      { id: 'observePeers', src: 'observePeers', kind: 'observer', sinceMs: 0, reason: null },
      { id: 'observeLoop', src: 'observeLoop', kind: 'observer', sinceMs: 0, reason: null },
      { id: 'surveyCluster', src: 'surveyCluster', kind: 'observer', sinceMs: 0, reason: null },
      { id: 'observeStore', src: 'observeStore', kind: 'observer', sinceMs: 0, reason: null },
    ]);
  });

  test('ends all actors with the chart', () => {
    const run = new InspectedRun().send({ type: 'operator.stop.requested' });
    expect(run.report()).toMatchObject({ state: 'stopped', actors: [] });
  });
});

describe('the recent steps', () => {
  test('tell what moved, what began and what was decided', () => {
    const { recent } = suspectingRun().report();
    expect(recent.map(shortly)).toEqual([
      'xstate.init 1',
      'xstate.done.actor.prepare 1 moved',
      'gossip.changed 1',
      'xstate.done.actor.launchEtcd 1 moved',
      'etcd.probed 1 moved',
      'members.observed 2',
      'etcd.probed 1',
      'gossip.changed 1',
      'members.observed 1 moved',
    ]);
    expect(recent[1]).toMatchObject({
      from: 'preparing',
      decision: { kind: 'act', rule: 'S9' },
      summary: 'prepare came back',
    });
    expect(recent[1]?.effects).toContainEqual({
      id: 'launchEtcd',
      reason: { rule: 'S9', sentence: expect.any(String) },
    });
    expect(recent[8]?.summary).toBe('2 of 3 members answer, not c; a leads');
    expect(recent[7]?.summary).toBe('gossip shows b running, c failed');
  });

  const members = [member('a'), member('b'), member('c')];
  const sweep = observed(0, { members, statuses: statuses('a', 'b', 'c') });

  test('of a quiet node stay few, however long it is watched', () => {
    const run = suspectingRun();
    const before = run.report().recent.length;
    run.send(sweep);
    for (let index = 0; index < 1_000; index += 1) run.after(500).send(probed()).send(sweep);
    const { recent } = run.report();
    expect(recent.slice(before).map(shortly)).toEqual([
      'members.observed 1 moved',
      'etcd.probed 1000',
      'members.observed 1000',
    ]);
    expect(recent.at(-1)).toMatchObject({ seq: 13, lastSeq: 2_011 });
    expect(recent.at(-2)?.lastAtMs).toBe((recent.at(-2)?.atMs ?? 0) + 999 * 500);
  });

  test('after a number are those that ended later, folded ones too', () => {
    const run = suspectingRun().send(sweep).send(probed()).send(sweep);
    const last = run.report().recent.at(-1)?.lastSeq ?? 0;
    expect(run.report(last).recent).toEqual([]);
    run.send(probed());
    expect(run.report(last).recent.map(shortly)).toEqual(['etcd.probed 2']);
  });

  test('are bounded, and what changed nothing goes first', () => {
    const run = new InspectedRun({ steps: 12, quiet: 3 });
    run.done('prepare', prepared());
    const gossip = (name: string) => run.send({ type: 'gossip.changed', peers: [peer(name)] });
    for (const name of ['b', 'c', 'd', 'e', 'f', 'g']) gossip(name).send({ type: 'loop.delayed' });
    const { recent } = run.report();
    expect(recent.filter(({ event }) => event === 'loop.delayed').length).toBeLessThanOrEqual(3);
    expect(recent[0]?.event).toBe('xstate.init');
    for (let index = 0; index < 40; index += 1) {
      run.send({ type: 'cluster.surveyed', answer: { kind: 'silent' } });
      gossip(`n${index}`);
    }
    expect(run.report().recent.length).toBeLessThanOrEqual(12);
  });

  test('are found under the state they led to', () => {
    const report = suspectingRun().report();
    expect(report.recent.at(-1)?.to).toBe(statePath(report.state));
  });
});
