const INITIAL_BYTES = 256;
const MAX_UINT = { 8: 0xff, 16: 0xffff, 32: 0xffff_ffff } as const;

/**
 * Writes msgpack exactly as Go's memberlist does: text and bytes both in the raw family (never
 * str8 or bin), integers in their shortest unsigned form. The caller writes map keys in bytewise
 * ascending order.
 */
export class MsgpackWriter {
  #buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #length = 0;

  /** Bytes that are not msgpack, such as a type byte or user state. */
  raw(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length);
    this.#buffer.set(bytes, at);
    return this;
  }

  byte(value: number): this {
    const at = this.#grow(1);
    this.#buffer[at] = value;
    return this;
  }

  /** Starts a map of at most 15 entries. */
  map(entries: number): this {
    return this.byte(0x80 | entries);
  }

  key(name: string): this {
    return this.text(name);
  }

  text(value: string): this {
    const length = Buffer.byteLength(value);
    this.#rawHeader(length);
    const at = this.#grow(length);
    this.#buffer.write(value, at);
    return this;
  }

  bytes(value: Uint8Array | null): this {
    if (value === null) return this.byte(0xc0);
    this.#rawHeader(value.length);
    return this.raw(value);
  }

  bool(value: boolean): this {
    return this.byte(value ? 0xc3 : 0xc2);
  }

  /** @throws RangeError when `value` is not a whole number of at most `bits` bits. */
  uint(value: number, bits: 8 | 16 | 32): this {
    if (!Number.isInteger(value) || value < 0 || value > MAX_UINT[bits]) {
      throw new RangeError(`${value} is not an unsigned ${bits}-bit integer`);
    }
    if (value < 0x80) return this.byte(value);
    if (value <= MAX_UINT[8]) return this.byte(0xcc).byte(value);
    if (value <= MAX_UINT[16]) return this.byte(0xcd).#uint16(value);
    return this.byte(0xce).#uint32(value);
  }

  /** A copy of everything written so far. */
  finish(): Uint8Array {
    return new Uint8Array(this.#buffer.subarray(0, this.#length));
  }

  #rawHeader(length: number): void {
    if (length < 32) this.byte(0xa0 | length);
    else if (length <= MAX_UINT[16]) this.byte(0xda).#uint16(length);
    else this.byte(0xdb).#uint32(length);
  }

  #uint16(value: number): this {
    const at = this.#grow(2);
    this.#buffer.writeUInt16BE(value, at);
    return this;
  }

  #uint32(value: number): this {
    const at = this.#grow(4);
    this.#buffer.writeUInt32BE(value, at);
    return this;
  }

  /** Makes room for `count` bytes and returns where they go. */
  #grow(count: number): number {
    const at = this.#length;
    this.#length = at + count;
    if (this.#length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, this.#buffer.length * 2));
      larger.set(this.#buffer.subarray(0, at));
      this.#buffer = larger;
    }
    return at;
  }
}
