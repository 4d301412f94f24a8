import { WireError } from './wire-problem.ts';

/** Values looked at for one struct; Go sends at most 16 (keys and values of 8 fields). */
const MAX_VALUES = 1024;

/** Bytes after the first one of the types of a fixed length, by first byte. */
const FIXED_TAIL_BYTES = new Map([
  ...[0xc0, 0xc2, 0xc3].map((first): [number, number] => [first, 0]),
  ...[0xcc, 0xd0].map((first): [number, number] => [first, 1]),
  ...[0xcd, 0xd1].map((first): [number, number] => [first, 2]),
  ...[0xca, 0xce, 0xd2].map((first): [number, number] => [first, 4]),
  ...[0xcb, 0xcf, 0xd3].map((first): [number, number] => [first, 8]),
  ...[1, 2, 4, 8, 16].map((data, index): [number, number] => [0xd4 + index, 1 + data]),
]);

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads msgpack from bytes of a stranger. Every length is held against the bytes that are there
 * before anything is made of it; every read throws WireError and nothing else.
 */
export class MsgpackReader {
  readonly #bytes: Buffer;
  #offset: number;
  #valuesLeft = MAX_VALUES;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#offset = offset;
  }

  get offset(): number {
    return this.#offset;
  }

  /** Renews the allowance of values: called before each struct. */
  startStruct(): void {
    this.#valuesLeft = MAX_VALUES;
  }

  /** The next `count` bytes as a view of the input. */
  take(count: number): Buffer {
    const end = this.#offset + count;
    if (end > this.#bytes.length) {
      throw new WireError('truncated', `${count} bytes expected, fewer left`, end);
    }
    const view = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return view;
  }

  /** Steps over a nil, and says whether there was one. */
  nil(): boolean {
    if (this.#peek() !== 0xc0) return false;
    this.#offset += 1;
    return true;
  }

  /** How many values follow: `pairs` of a map, or `items` of an array. */
  container(): { readonly pairs: number } | { readonly items: number } {
    const first = this.#byte();
    if (first >= 0x80 && first <= 0x8f) return { pairs: first & 0x0f };
    if (first >= 0x90 && first <= 0x9f) return { items: first & 0x0f };
    if (first === 0xdc) return { items: this.#uint(2) };
    if (first === 0xdd) return { items: this.#uint(4) };
    if (first === 0xde) return { pairs: this.#uint(2) };
    if (first === 0xdf) return { pairs: this.#uint(4) };
    throw new WireError('malformed', 'a map or array was expected');
  }

  /** The text or byte value that follows, as a view of the input. */
  raw(): Buffer {
    const length = this.#rawLength(this.#byte());
    if (length === undefined) throw new WireError('malformed', 'text or bytes were expected');
    return this.take(length);
  }

  /** Bytes in a copy of their own, so that keeping them does not keep the whole input. */
  bytes(): Uint8Array {
    const first = this.#peek();
    const isArray = (first >= 0x90 && first <= 0x9f) || first === 0xdc || first === 0xdd;
    return isArray ? this.#byteArray() : new Uint8Array(this.raw());
  }

  text(): string {
    const raw = this.raw();
    if (raw.every((byte) => byte < 0x80)) return raw.toString('latin1');
    try {
      return strictUtf8.decode(raw);
    } catch {
      throw new WireError('malformed', 'text is not valid UTF-8');
    }
  }

  /** Text for people only: invalid UTF-8 is replaced, not refused. */
  lossyText(): string {
    return this.raw().toString('utf8');
  }

  bool(): boolean {
    const first = this.#byte();
    if (first !== 0xc2 && first !== 0xc3) throw new WireError('malformed', 'a bool was expected');
    return first === 0xc3;
  }

  /** A whole number from 0 to `max`; signed forms are taken when not negative. */
  uint(max: number): number {
    const value = this.#integer(this.#byte());
    if (value < 0 || value > max) {
      throw new WireError('malformed', `an integer is not within 0 to ${max}`);
    }
    return value;
  }

  /** Steps over one value with all it contains, without recursion. */
  skip(): void {
    for (let pending = 1; pending > 0; pending -= 1) {
      this.spendValue();
      pending += this.#skipHead();
    }
  }

  /** Counts one value of the current struct. */
  spendValue(): void {
    this.#valuesLeft -= 1;
    if (this.#valuesLeft < 0) throw new WireError('too-large', 'too many values in one message');
  }

  /** Steps over one value's own bytes and returns how many values it contains. */
  #skipHead(): number {
    const first = this.#peek();
    if (first <= 0x7f || first >= 0xe0) {
      this.#offset += 1;
      return 0;
    }
    if (first <= 0x9f || (first >= 0xdc && first <= 0xdf)) {
      const content = this.container();
      return 'pairs' in content ? content.pairs * 2 : content.items;
    }
    this.#offset += 1;
    const tail = FIXED_TAIL_BYTES.get(first) ?? this.#rawLength(first) ?? this.#extLength(first);
    if (tail === undefined) throw new WireError('malformed', 'not a msgpack value');
    this.take(tail);
    return 0;
  }

  #integer(first: number): number {
    if (first <= 0x7f) return first;
    if (first >= 0xe0) return first - 0x100;
    if (first === 0xcc) return this.#uint(1);
    if (first === 0xcd) return this.#uint(2);
    if (first === 0xce) return this.#uint(4);
    if (first === 0xcf) return Number(this.take(8).readBigUInt64BE());
    if (first === 0xd0) return this.take(1).readInt8();
    if (first === 0xd1) return this.take(2).readInt16BE();
    if (first === 0xd2) return this.take(4).readInt32BE();
    if (first === 0xd3) return Number(this.take(8).readBigInt64BE());
    throw new WireError('malformed', 'an integer was expected');
  }

  #rawLength(first: number): number | undefined {
    if (first >= 0xa0 && first <= 0xbf) return first & 0x1f;
    if (first === 0xd9 || first === 0xc4) return this.#uint(1);
    if (first === 0xda || first === 0xc5) return this.#uint(2);
    if (first === 0xdb || first === 0xc6) return this.#uint(4);
    return undefined;
  }

  #extLength(first: number): number | undefined {
    if (first === 0xc7) return this.#uint(1) + 1;
    if (first === 0xc8) return this.#uint(2) + 1;
    if (first === 0xc9) return this.#uint(4) + 1;
    return undefined;
  }

  /** Go takes an array of small integers for bytes, though it never sends one. */
  #byteArray(): Uint8Array {
    const content = this.container();
    const items = 'items' in content ? content.items : 0;
    const values: number[] = [];
    for (let index = 0; index < items; index += 1) {
      this.spendValue();
      values.push(this.uint(0xff));
    }
    return Uint8Array.from(values);
  }

  #uint(byteCount: 1 | 2 | 4): number {
    return this.take(byteCount).readUIntBE(0, byteCount);
  }

  #byte(): number {
    const value = this.#peek();
    this.#offset += 1;
    return value;
  }

  #peek(): number {
    const value = this.#bytes[this.#offset];
    if (value === undefined) {
      throw new WireError('truncated', 'a value was expected, nothing left', this.#offset + 1);
    }
    return value;
  }
}
