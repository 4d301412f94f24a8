import type { SeededRandom } from '../../src/simulation/seeded-random.ts';

/** What valid inputs are changed with, beside chance. */
export interface Stock {
  readonly corpus: readonly Uint8Array[];
  /** Pieces that mean something to the reader, or that readers of their kind stumble over. */
  readonly words: readonly Uint8Array[];
}

type Change = (input: Buffer, random: SeededRandom, stock: Stock) => Buffer;

const longest = 256 * 1024;
const boundaries = [
  0n,
  1n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x7fff_ffff_ffff_ffffn,
  0xffff_ffff_ffff_ffffn,
];

/** Readers of texts and of JSON stumble over these, whatever they read. */
const hostileTexts = [
  '\u0000',
  '\u001b]0;title\u0007',
  '\u202e',
  '\ud800',
  '../../../etc/passwd',
  '..',
  '.',
  '/',
  '\\',
  '"',
  "'",
  '{',
  '[',
  '\n',
  '\r\n',
  '%00',
  '${jndi}',
  '__proto__',
  'constructor',
  'toString',
  '"__proto__":{"polluted":1},',
  'NaN',
  '-0',
  '1e999',
  '-1',
  '99999999999999999999',
  '9007199254740993',
  'null',
  'true',
  '[]',
  '{}',
];

const changes: readonly Change[] = [
  // One bit, one byte.
  (input, random) => replaced(input, random, 1, (byte) => byte ^ (1 << random.integer(0, 7))),
  (input, random) => replaced(input, random, 1, () => random.integer(0, 255)),
  // A number, as a length or a count may stand there.
  (input, random) => {
    const size = random.pick([1, 2, 4, 8]);
    const number = Buffer.alloc(8);
    const value = BigInt.asUintN(size * 8, random.pick(boundaries) + BigInt(random.integer(-1, 1)));
    const isBig = random.chance(0.5);
    if (isBig) number.writeBigUInt64BE(value);
    else number.writeBigUInt64LE(value);
    const bytes = isBig ? number.subarray(8 - size) : number.subarray(0, size);
    const at = place(input, random);
    return Buffer.concat([input.subarray(0, at), bytes, input.subarray(at + size)]);
  },
  // Cut off.
  (input, random) => input.subarray(0, place(input, random)),
  (input, random) => input.subarray(place(input, random)),
  // Taken out, repeated, moved.
  (input, random) => {
    const [from, to] = range(input, random);
    return Buffer.concat([input.subarray(0, from), input.subarray(to)]);
  },
  (input, random) => {
    const [from, to] = range(input, random);
    const times = Math.min(2 ** random.integer(0, 12), Math.ceil(longest / Math.max(1, to - from)));
    const copies = Array.from({ length: times }, () => input.subarray(from, to));
    return Buffer.concat([input.subarray(0, from), ...copies, input.subarray(from)]);
  },
  (input, random) => {
    const [from, to] = range(input, random);
    const rest = Buffer.concat([input.subarray(0, from), input.subarray(to)]);
    return inserted(rest, place(rest, random), input.subarray(from, to));
  },
  // Put together with another one.
  (input, random, { corpus }) => {
    const other = Buffer.from(random.pick(corpus));
    return Buffer.concat([
      input.subarray(0, place(input, random)),
      other.subarray(place(other, random)),
    ]);
  },
  // Words, noise, and the digits of a number.
  (input, random, { words }) =>
    words.length === 0
      ? input
      : inserted(input, place(input, random), Buffer.from(random.pick(words))),
  (input, random) => inserted(input, place(input, random), Buffer.from(random.pick(hostileTexts))),
  (input, random) => inserted(input, place(input, random), noise(random, random.integer(1, 64))),
  (input, random) => {
    const text = input.toString('latin1');
    const numbers = [...text.matchAll(/\d+/g)];
    if (numbers.length === 0) return input;
    const { index, 0: digits } = random.pick(numbers);
    const other = random.pick(['0', '-1', '1e308', '9'.repeat(random.integer(1, 400)), '1.5']);
    return Buffer.from(text.slice(0, index) + other + text.slice(index + digits.length), 'latin1');
  },
];

/** A valid input, changed in one to eight ways; now and then nothing but noise. */
export function mutated(stock: Stock, random: SeededRandom): Uint8Array {
  if (random.chance(0.02)) return noise(random, random.integer(0, 4096));
  let input: Buffer = Buffer.from(random.pick(stock.corpus));
  for (let left = random.pick([1, 1, 1, 2, 3, 8]); left > 0; left -= 1) {
    input = random.pick(changes)(input, random, stock);
    if (input.length > longest) input = input.subarray(0, longest);
  }
  return new Uint8Array(input);
}

export function noise(random: SeededRandom, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.integer(0, 255)));
}

function place(input: Buffer, random: SeededRandom): number {
  return random.integer(0, input.length);
}

function range(input: Buffer, random: SeededRandom): readonly [number, number] {
  const from = place(input, random);
  const length = random.chance(0.5) ? random.integer(0, 16) : random.integer(0, input.length);
  return [from, Math.min(input.length, from + length)];
}

function inserted(input: Buffer, at: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([input.subarray(0, at), bytes, input.subarray(at)]);
}

function replaced(
  input: Buffer,
  random: SeededRandom,
  count: number,
  change: (byte: number) => number,
): Buffer {
  const output = Buffer.from(input);
  for (let left = count; left > 0 && output.length > 0; left -= 1) {
    const at = random.integer(0, output.length - 1);
    output[at] = change(output[at] ?? 0);
  }
  return output;
}
