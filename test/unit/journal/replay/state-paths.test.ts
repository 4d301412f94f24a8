import { expect, test } from 'vitest';
import { activeStates, changeOf } from '../../../../src/journal/replay/state-paths.ts';

test('the active states are the leaves and all above them', () => {
  expect([...activeStates('node', 'active.(x y.z)')]).toEqual([
    'node',
    'node.active',
    'node.active.x',
    'node.active.y',
    'node.active.y.z',
  ]);
});

test.each([
  [null, 'preparing', '', 'preparing'],
  ['preparing', 'active.(x y)', 'preparing', 'active.(x y)'],
  ['active.(x.a y.b)', 'active.(x.c y.b)', 'x.a', 'x.c'],
  ['active.(x.a y.b)', 'active.(x.c y.d)', 'x.a y.b', 'x.c y.d'],
  ['active.(x y)', 'stopped', 'active.(x y)', 'stopped'],
  ['stopped', 'stopped', '', ''],
])('from %s to %s', (before, after, from, to) => {
  expect(changeOf(before, after)).toEqual({ from, to });
});
