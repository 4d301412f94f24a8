import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lzwDecode } from '../../../../src/gossip/wire/lzw-decode.ts';
import { lzwEncode } from '../../../../src/gossip/wire/lzw-encode.ts';
import { fromHex, toHex, vectors } from './vectors.ts';

const LIMIT = 1 << 20;

function inputOf(text: string): Uint8Array {
  const repeated = /^0x([0-9a-f]{2}) repeated (\d+) times$/.exec(text);
  if (repeated === null) return fromHex(text);
  return new Uint8Array(Number(repeated[2])).fill(Number.parseInt(repeated[1] ?? '', 16));
}

describe('vectors of Go compress/lzw', () => {
  test.each(vectors.lzw)('$name', ({ in: input, out }) => {
    expect(toHex(lzwEncode(inputOf(input)))).toBe(out);
    expect(toHex(lzwDecode(fromHex(out), LIMIT))).toBe(toHex(inputOf(input)));
  });
});

test('any bytes survive, also across a full table', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.uint8Array({ minLength: 4000, maxLength: 20_000 }),
    fc.uint8Array({ max: 3, minLength: 4000, maxLength: 60_000 }),
  );
  const property = fc.property(bytes, (input) => {
    expect(Buffer.compare(lzwDecode(lzwEncode(input), LIMIT), input)).toBe(0);
  });
  fc.assert(property, { seed: 11, numRuns: 60 });
});

test('input without any repeated pair, which grows the most', () => {
  let last = 0;
  const input = Uint8Array.from({ length: 500_000 }, (_, index) => {
    // Odd steps visit all 256 bytes, so each step gives 256 new pairs.
    last = (last + 2 * (index >> 8) + 1) & 0xff;
    return last;
  });
  const packed = lzwEncode(input);
  expect(packed.length).toBeGreaterThan(input.length * 1.4);
  expect(Buffer.compare(lzwDecode(packed, LIMIT), input)).toBe(0);
});

/** Packs codes least significant bit first, each in the width its place asks for. */
function pack(...codes: number[]): Uint8Array {
  const bits: number[] = [];
  let highest = 257;
  for (const code of codes) {
    const width = Math.min(12, Math.max(9, highest.toString(2).length));
    bits.push(...Array.from({ length: width }, (_, bit) => (code >> bit) & 1));
    highest = code === 256 ? 257 : highest + 1;
  }
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (const [index, bit] of bits.entries()) bytes[index >> 3]! |= bit << (index & 7);
  return bytes;
}

test('a full table stays as it is until a clear code', () => {
  // The first literal defines nothing; 3838 more define the codes 258 to 4095, and then none.
  const filling = Array.from({ length: 3839 }, (_, index) => index % 251);
  const input = pack(256, ...filling, 1, 2, 3, 4095, 256, 65, 257);
  const last = [filling[3837], filling[3838]];
  const expected = [...filling, 1, 2, 3, ...last, 65];
  expect([...lzwDecode(input, LIMIT)]).toEqual(expected);
});

describe('bad input', () => {
  const problem = (code: string) => expect.objectContaining({ code });

  test('the packer of these tests is right', () => {
    expect(Buffer.from(lzwDecode(pack(256, 97, 258, 257), LIMIT)).toString()).toBe('aaa');
  });

  test('a first code that is not a literal', () => {
    expect(() => lzwDecode(pack(256, 258, 257), LIMIT)).toThrow(problem('bad-compression'));
  });

  test('a code that is not defined yet', () => {
    expect(() => lzwDecode(pack(256, 97, 259, 257), LIMIT)).toThrow(problem('bad-compression'));
  });

  test('no end code', () => {
    expect(() => lzwDecode(pack(256, 97), LIMIT)).toThrow(problem('bad-compression'));
    expect(() => lzwDecode(new Uint8Array(), LIMIT)).toThrow(problem('bad-compression'));
  });

  test('more output than allowed stops early', () => {
    const bomb = lzwEncode(new Uint8Array(300_000));
    expect(bomb.length).toBeLessThan(2000);
    expect(lzwDecode(bomb, 300_000)).toHaveLength(300_000);
    expect(() => lzwDecode(bomb, 299_999)).toThrow(problem('too-large'));
  });
});
