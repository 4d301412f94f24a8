import { CLEAR_CODE, END_CODE, FIRST_WIDTH, LAST_CODE, LAST_WIDTH } from './lzw-code.ts';
import { WireError } from './wire-problem.ts';

const NONE = -1;

/**
 * The string of each code, as a place in the output: the string that a code defines is always
 * the previous code's string and the byte after it, and both stand there already.
 */
const starts = new Int32Array(LAST_CODE + 1);
const lengths = new Int32Array(LAST_CODE + 1);

/**
 * Undoes lzwEncode.
 * @throws WireError `bad-compression` for input that is not LZW or has no end code, `too-large`
 *   when the output would exceed `maxBytes`.
 */
export function lzwDecode(input: Uint8Array, maxBytes: number): Uint8Array {
  const source = new CodeReader(input);
  const out = new Output(maxBytes);
  let highest = END_CODE;
  /** The previous code's string, or none: after a clear code, and when the table is full. */
  let previousStart = NONE;
  let previousLength = 0;
  for (;;) {
    const code = source.read();
    if (code === END_CODE) return out.finish();
    if (code === CLEAR_CODE) {
      source.width = FIRST_WIDTH;
      highest = END_CODE;
      previousStart = NONE;
      continue;
    }
    if (code > highest) throw new WireError('bad-compression', 'LZW code that is not defined yet');
    if (previousStart !== NONE) {
      starts[highest] = previousStart;
      lengths[highest] = previousLength + 1;
    }
    const start = out.length;
    if (code < CLEAR_CODE) out.literal(code);
    else out.repeat(starts[code] ?? 0, lengths[code] ?? 0);
    previousStart = start;
    previousLength = out.length - start;
    highest += 1;
    if (highest < 1 << source.width) continue;
    if (source.width < LAST_WIDTH) {
      source.width += 1;
    } else {
      // The table is full: nothing more is defined until a clear code.
      highest = LAST_CODE;
      previousStart = NONE;
    }
  }
}

class CodeReader {
  width = FIRST_WIDTH;
  readonly #input: Uint8Array;
  #offset = 0;
  #bits = 0;
  #bitCount = 0;

  constructor(input: Uint8Array) {
    this.#input = input;
  }

  read(): number {
    while (this.#bitCount < this.width) {
      const byte = this.#input[this.#offset];
      if (byte === undefined) throw new WireError('bad-compression', 'LZW data without its end');
      this.#bits |= byte << this.#bitCount;
      this.#bitCount += 8;
      this.#offset += 1;
    }
    const code = this.#bits & ((1 << this.width) - 1);
    this.#bits >>>= this.width;
    this.#bitCount -= this.width;
    return code;
  }
}

/** Grows with what is really written, up to its limit. */
class Output {
  length = 0;
  readonly #maxBytes: number;
  #bytes = new Uint8Array(1024);

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  literal(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.length++] = byte;
  }

  /** Copies earlier output to the end, byte by byte: the two may overlap by one. */
  repeat(start: number, count: number): void {
    this.#reserve(count);
    const bytes = this.#bytes;
    for (let from = start; from < start + count; from += 1) {
      bytes[this.length++] = bytes[from] ?? 0;
    }
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  #reserve(count: number): void {
    const needed = this.length + count;
    if (needed > this.#maxBytes) {
      throw new WireError('too-large', `compressed data expands beyond ${this.#maxBytes} bytes`);
    }
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.length));
    this.#bytes = larger;
  }
}
