import { expect, test } from 'vitest';
import { overlap, prefixRange } from '../../../../src/etcd/users/key-range.ts';

test.each([
  ['/shop/', '/shop0'],
  ['a', 'b'],
  ['/_e2d', '/_e2e'],
])('the keys that begin with %s end before %s', (prefix, end) => {
  expect(prefixRange(prefix)).toEqual({ key: Buffer.from(prefix), end: Buffer.from(end) });
});

test('a last byte that cannot be counted up is left out', () => {
  const key = Buffer.from('é\u{10FFFF}');
  expect(prefixRange('é\u{10FFFF}')).toEqual({
    key,
    end: Buffer.concat([key.subarray(0, key.length - 1), Buffer.from([0xc0])]),
  });
});

test.each([
  ['/', '/_e2d', true],
  ['/_e2d/', '/_e2d', true],
  ['/_e2d', '/_e2d/', true],
  ['/_e2', '/_e2d', true],
  ['/_e2e', '/_e2d', false],
  ['/_e2c', '/_e2d', false],
  ['/shop/', '/_e2d', false],
])('%s and %s have keys in common: %s', (one, other, isSo) => {
  expect(overlap(prefixRange(one), prefixRange(other))).toBe(isSo);
});
