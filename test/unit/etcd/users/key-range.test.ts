import fc from 'fast-check';
import { expect, test } from 'vitest';
import { haveKeysInCommon, prefixRange } from '../../../../src/etcd/users/key-range.ts';

test.each([
  ['/shop/', '/shop0'],
  ['a', 'b'],
  ['/_e2d', '/_e2e'],
])('the keys that begin with %s end before %s', (prefix, end) => {
  expect(prefixRange(prefix)).toEqual({ key: Buffer.from(prefix), end: Buffer.from(end) });
});

test('every key begins with nothing, and etcd is told that there is no end', () => {
  expect(prefixRange('')).toEqual({ key: Buffer.alloc(0), end: Buffer.from([0]) });
});

/** As etcd compares: byte by byte. */
function isWithin(key: string, { key: from, end }: ReturnType<typeof prefixRange>): boolean {
  const bytes = Buffer.from(key);
  return Buffer.compare(from, bytes) <= 0 && Buffer.compare(bytes, end) < 0;
}

test('a key is in the range of a prefix just when it begins with it', () => {
  const unit = fc.constantFrom('a', 'b', '/', '0', '\0', '\x7f', 'é', '\uffff', '\u{10FFFF}');
  const text = fc.string({ unit, maxLength: 6 });
  const prefix = fc.string({ unit, minLength: 1, maxLength: 3 });
  fc.assert(fc.property(prefix, text, (start, rest) => isWithin(start + rest, prefixRange(start))));
  fc.assert(
    fc.property(prefix, text, (start, key) => {
      return isWithin(key, prefixRange(start)) === key.startsWith(start);
    }),
  );
  expect(isWithin('\u{10FFFF}\u{10FFFF}', prefixRange('\u{10FFFF}'))).toBe(true);
  expect(isWithin('/shop', prefixRange('/shop/'))).toBe(false);
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
  expect(haveKeysInCommon(one, other)).toBe(isSo);
});
