import { expect, test } from 'vitest';
import { handPlan } from '../../../src/node/snapshots/hand-plan.ts';

const members = [
  { name: 'b', peerUrl: 'http://10.0.0.2:2380' },
  { name: 'a', peerUrl: 'http://10.0.0.1:2380' },
];
const snapshot = { id: 'one', sha256: 'a'.repeat(64), revision: 7 };
const plan = handPlan({ token: 'token', members, snapshot });

test('is the same on every node, in whatever order the members are named', () => {
  expect(handPlan({ token: 'token', members: [...members].reverse(), snapshot })).toEqual(plan);
  expect(plan.members.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(plan.coordinator).toBe(plan.members[0]?.nodeId);
  expect(plan.snapshot).toEqual(snapshot);
  expect(new Set(plan.members.map(({ nodeId }) => nodeId)).size).toBe(2);
});

test.each([
  ['token', { token: 'other', members, snapshot }],
  ['content', { token: 'token', members, snapshot: { ...snapshot, sha256: 'b'.repeat(64) } }],
  ['members', { token: 'token', members: members.slice(1), snapshot }],
])('another %s makes another cluster', (_, request) => {
  expect(handPlan(request).id).not.toBe(plan.id);
});

test('what a node gives up for it does not: others may have nothing to give up', () => {
  const replacing = { ...snapshot, replaces: 'oak' };
  expect(handPlan({ token: 'token', members, snapshot: replacing }).id).toBe(plan.id);
});
