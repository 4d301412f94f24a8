import { CLEAR_CODE, END_CODE, FIRST_WIDTH, LAST_CODE } from './lzw-code.ts';

/**
 * Open-addressing table of (prefix code, byte) -> code; four times the codes, so chains are short.
 */
const TABLE_SIZE = 1 << 14;
const TABLE_MASK = TABLE_SIZE - 1;
const HASH_MULTIPLIER = 0x9e37_79b1;
const HASH_SHIFT = 18;
/** 0 marks a free slot, so keys are stored plus one. */
const keys = new Int32Array(TABLE_SIZE);
const codes = new Uint16Array(TABLE_SIZE);

/** Compresses to the bytes that Go's compress/lzw writes with order LSB and literal width 8. */
export function lzwEncode(input: Uint8Array): Uint8Array {
  const out = new CodeWriter(input.length);
  keys.fill(0);
  out.write(CLEAR_CODE);
  let prefix = -1;
  for (const byte of input) {
    if (prefix < 0) {
      prefix = byte;
      continue;
    }
    const slot = slotOf((prefix << 8) | byte);
    if (keys[slot] !== 0) {
      prefix = codes[slot] ?? 0;
      continue;
    }
    out.write(prefix);
    if (out.nextCode()) {
      keys[slot] = ((prefix << 8) | byte) + 1;
      codes[slot] = out.highest;
    } else {
      keys.fill(0);
    }
    prefix = byte;
  }
  if (prefix >= 0) {
    out.write(prefix);
    out.nextCode();
  }
  out.write(END_CODE);
  return out.finish();
}

/** The slot that holds `key`, or the free one where it belongs. */
function slotOf(key: number): number {
  let slot = Math.imul(key, HASH_MULTIPLIER) >>> HASH_SHIFT;
  while (keys[slot] !== 0 && keys[slot] !== key + 1) slot = (slot + 1) & TABLE_MASK;
  return slot;
}

/**
 * Packs codes least significant bit first, and keeps the width in step with the decoder's table.
 */
class CodeWriter {
  /** The highest code defined so far. */
  highest = END_CODE;
  #width = FIRST_WIDTH;
  #out: Uint8Array;
  #length = 0;
  #bits = 0;
  #bitCount = 0;

  constructor(inputBytes: number) {
    // Twelve bits a byte at worst, plus a clear code per full table, the first code and the end.
    this.#out = new Uint8Array(Math.ceil(inputBytes * 1.51) + 16);
  }

  write(code: number): void {
    this.#bits |= code << this.#bitCount;
    this.#bitCount += this.#width;
    while (this.#bitCount >= 8) {
      this.#out[this.#length++] = this.#bits & 0xff;
      this.#bits >>>= 8;
      this.#bitCount -= 8;
    }
  }

  /** Takes the next code into use. False when the table is full: then it has been cleared. */
  nextCode(): boolean {
    this.highest += 1;
    if (this.highest === LAST_CODE) {
      this.write(CLEAR_CODE);
      this.#width = FIRST_WIDTH;
      this.highest = END_CODE;
      return false;
    }
    if (this.highest === 1 << this.#width) this.#width += 1;
    return true;
  }

  finish(): Uint8Array {
    if (this.#bitCount > 0) this.#out[this.#length++] = this.#bits & 0xff;
    return this.#out.slice(0, this.#length);
  }
}
