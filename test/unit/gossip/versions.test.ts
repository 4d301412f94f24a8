import { describe, expect, test } from 'vitest';
import {
  hasSaneVersions,
  ownVersions,
  protocolMax,
  versionConflict,
} from '../../../src/gossip/versions.ts';

const plain = ownVersions({ min: 0, max: 0, current: 0 });
const serf = ownVersions({ min: 2, max: 5, current: 5 });
const node = (name: string, vsn: Uint8Array, alive = true) => ({ name, vsn, alive });

test('six bytes, protocol before application', () => {
  expect([...serf]).toEqual([1, 5, 2, 2, 5, 5]);
  expect(protocolMax(serf)).toBe(5);
});

describe('a version field', () => {
  test.each([
    { vsn: [1, 5, 2, 0, 0, 0], sane: true },
    { vsn: [], sane: false },
    { vsn: [1, 5, 2, 0, 0], sane: false },
    { vsn: [1, 5, 2, 0, 0, 0, 0], sane: false },
    { vsn: [0, 5, 2, 0, 0, 0], sane: false },
    { vsn: [1, 0, 2, 0, 0, 0], sane: false },
    { vsn: [3, 2, 2, 0, 0, 0], sane: false },
  ])('$vsn is sane: $sane', ({ vsn, sane }) => {
    expect(hasSaneVersions(Uint8Array.from(vsn))).toBe(sane);
  });
});

describe('one pool', () => {
  test.each([
    { what: 'equal nodes', nodes: [node('a', plain), node('b', plain)] },
    { what: 'different but overlapping', nodes: [node('a', serf), node('b', versions(3, 6, 4))] },
    {
      what: 'a dead one with a wider range',
      nodes: [node('a', serf), node('b', versions(0, 9, 4), false)],
    },
  ])('$what', ({ nodes }) => {
    expect(versionConflict(nodes)).toBeUndefined();
  });

  test.each([
    { what: 'application versions apart', nodes: [node('a', serf), node('b', plain)], who: 'a' },
    {
      what: 'a dead one that spoke another',
      nodes: [node('a', serf), node('b', plain, false)],
      who: 'b',
    },
    {
      what: 'nothing understood by all',
      nodes: [node('a', serf), node('b', versions(6, 7, 6))],
      who: 'a',
    },
    {
      what: 'protocol spoken too old',
      nodes: [node('a', serf), node('b', Uint8Array.of(1, 5, 0, 2, 5, 5))],
      who: 'b',
    },
  ])('$what: no', ({ nodes, who }) => {
    expect(versionConflict(nodes)).toMatch(new RegExp(`^node ${who} speaks`));
  });
});

function versions(min: number, max: number, current: number): Uint8Array {
  return ownVersions({ min, max, current });
}
