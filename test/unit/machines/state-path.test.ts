import { expect, test } from 'vitest';
import { leavesOf, statePath } from '../../../machines/state-path.ts';

test.each([
  ['stopped', 'stopped'],
  [{ active: { deciding: 'surveying' } }, 'active.deciding.surveying'],
  [{ a: { b: { c: 'y', d: 'x' }, e: 'f' } }, 'a.(b.(c.y d.x) e.f)'],
])('%j is written as %s', (value, path) => {
  expect(statePath(value)).toBe(path);
});

test.each([
  ['', []],
  ['stopped', ['stopped']],
  ['preparing.disk', ['preparing.disk']],
  [
    'active.running.(etcd.up.(a b) quorum.held)',
    ['active.running.etcd.up.a', 'active.running.etcd.up.b', 'active.running.quorum.held'],
  ],
  ['a.(b.(c d) e.f)', ['a.b.c', 'a.b.d', 'a.e.f']],
])('%s has one leaf for each region, however deep', (path, leaves) => {
  expect(leavesOf(path)).toEqual(leaves);
});
