import { describe, expect, test } from 'vitest';
import type { StatusReport } from '../../../machines/status-report.ts';
import { newsBetween } from '../../../src/playground/report-news.ts';
import { type ObservedNode, viewOf } from '../../../src/playground/view-of.ts';
import { degraded } from '../cli/status-example.ts';
import { voting, wiped } from './view-example.ts';

const named = (name: string, over: Partial<StatusReport> = {}): StatusReport => ({
  ...degraded,
  node: { ...degraded.node, name, state: voting },
  ...over,
});
const lost = { state: 'lost', sinceMs: 0 } as const;
const held = { state: 'held', sinceMs: 0 } as const;

describe('between two reports of a node', () => {
  test('nothing is news where nothing changed, or one is missing', () => {
    expect(newsBetween(degraded, { ...degraded })).toEqual([]);
    expect(newsBetween(null, degraded)).toEqual([]);
    expect(newsBetween(degraded, null)).toEqual([]);
  });

  test('quorum is lost and found', () => {
    const [with_, without] = [named('m1', { quorum: held }), named('m1', { quorum: lost })];
    expect(newsBetween(with_, without)).toEqual(['has lost touch with the quorum']);
    expect(newsBetween(without, with_)).toEqual(['is in touch with the quorum again']);
  });

  test('the new leader says so, and nobody else', () => {
    const before = { leader: 'm3', members: [] };
    const after = { leader: 'm2', members: [] };
    expect(newsBetween(named('m2', before), named('m2', after))).toEqual(['leads the cluster now']);
    expect(newsBetween(named('m1', before), named('m1', after))).toEqual([]);
  });

  test('the leader tells of members that come, vote and go', () => {
    const [m1, m2, learner] = degraded.members;
    if (m1 === undefined || m2 === undefined || learner === undefined) throw new Error('example');
    const at = (...members: StatusReport['members']) => named('m2', { leader: 'm2', members });
    expect(newsBetween(at(m1, m2), at(m1, m2, learner))).toEqual([
      'sees the new member abc on the list, a learner',
    ]);
    const voter = { ...learner, name: 'm3', learner: false };
    expect(newsBetween(at(m1, m2, learner), at(m1, m2, voter))).toEqual(['sees member m3 vote']);
    expect(newsBetween(at(m1, m2), at(m2))).toEqual(['sees member m1 off the list']);
    const follower = named('m1', { leader: 'm2', members: [m2] });
    expect(newsBetween({ ...follower, members: [m1, m2] }, follower)).toEqual([]);
  });
});

describe('the view', () => {
  const processes = { e2d: true, etcd: true, paused: false };
  const node = (name: string, over: Partial<ObservedNode> = {}): ObservedNode => ({
    name,
    processes,
    isCut: false,
    report: named(name, { quorum: held }),
    ...over,
  });
  const view = (...nodes: ObservedNode[]) => viewOf({ ...wiped, nodes });

  test('takes roles and health from the members, and the rest from the node itself', () => {
    const [m1, m2, m9] = view(node('m1'), node('m2'), node('m9', { report: null })).nodes;
    expect(m1).toMatchObject({ role: 'follower', health: 'healthy', own: { state: voting } });
    expect(m2).toMatchObject({ role: 'leader' });
    expect(m9).toMatchObject({ role: 'no member', health: 'unknown', own: null });
  });

  test('takes no word from a node that is cut off, paused or without quorum', () => {
    const old = named('m1', { quorum: held, leader: 'm1' });
    const astray: readonly Partial<ObservedNode>[] = [
      { isCut: true, report: old },
      { processes: { ...processes, paused: true }, report: old },
      { report: { ...old, quorum: lost } },
    ];
    for (const over of astray) {
      expect(view(node('m1', over), node('m2'))).toMatchObject({ quorum: 'held', leader: 'm2' });
    }
  });

  test('knows no leader without quorum, and nothing where nobody answers', () => {
    const report = named('m1', { quorum: lost, leader: 'm1' });
    expect(view(node('m1', { report }))).toMatchObject({ quorum: 'lost', leader: null });
    const silent = view(node('m1', { report: null }));
    expect(silent).toMatchObject({ quorum: 'unknown', leader: null });
    expect(silent.nodes[0]).toMatchObject({ role: 'unknown' });
  });
});
