import { EtcdFault } from './etcd-fault.ts';

/** Takes the part of a blob that lies in `chunk` from `start` up to `end`; it must copy it. */
type TakeBlob = (chunk: Uint8Array, start: number, end: number) => void;

const remainingBytesField = 2;
const blobField = 3;
const prefixBytes = 5;
const largestVarintBytes = 10;

const wireType = { varint: 0, fixed64: 1, lengthDelimited: 2, fixed32: 5 } as const;

/**
 * Reads the messages of `Maintenance.Snapshot` as their bytes come in, however they are cut: gRPC's
 * prefix of five bytes, then the fields of a `SnapshotResponse`. Blobs are handed on where they
 * lie, never gathered: at the rate a database is read at, that is what its reading costs.
 */
export class SnapshotDecoder {
  readonly #takeBlob: TakeBlob;
  /** The next byte belongs to this, unless `#run` bytes of a field come first. */
  #expect: 'prefix' | 'tag' | 'varint' | 'length' = 'prefix';
  #prefixLeft = prefixBytes;
  #messageLeft = 0;
  #field = 0;
  #value = 0;
  #valueBytes = 0;
  /** Bytes of the current field that are still to come, and whether they are a blob's. */
  #run = 0;
  #runIsBlob = false;
  #blobBytes = 0;
  #remainingBytes = 0;
  #databaseBytes: number | null = null;

  constructor(takeBlob: TakeBlob) {
    this.#takeBlob = takeBlob;
  }

  /**
   * The database's size, which the first message tells: its own blob and what remains. The SHA-256
   * that etcd sends behind the database is in neither. Null until that message is complete.
   */
  get databaseBytes(): number | null {
    return this.#databaseBytes;
  }

  /** Whether what came in so far ends where a message ends. */
  get betweenMessages(): boolean {
    return this.#expect === 'prefix' && this.#prefixLeft === prefixBytes;
  }

  /** @throws EtcdFault `unexpected-answer` where the bytes are no such messages. */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#run > 0) {
        const end = Math.min(chunk.length, at + this.#run);
        if (this.#runIsBlob) this.#takeBlob(chunk, at, end);
        this.#run -= end - at;
        this.#spend(end - at);
        at = end;
      } else {
        this.#byte(chunk[at] ?? 0);
        at += 1;
      }
    }
  }

  #byte(byte: number): void {
    if (this.#expect === 'prefix') {
      this.#prefix(byte);
      return;
    }
    this.#value += (byte & 0x7f) * 2 ** (7 * this.#valueBytes);
    this.#valueBytes += 1;
    if (this.#valueBytes > largestVarintBytes) throw malformed();
    if (byte < 0x80) this.#number(this.#value);
    this.#spend(1);
  }

  #prefix(byte: number): void {
    const isCompressedFlag = this.#prefixLeft === prefixBytes;
    if (isCompressedFlag && byte !== 0) throw malformed();
    this.#messageLeft = isCompressedFlag ? 0 : this.#messageLeft * 256 + byte;
    this.#prefixLeft -= 1;
    if (this.#prefixLeft > 0) return;
    this.#remainingBytes = 0;
    this.#blobBytes = 0;
    this.#next('tag');
    this.#endMessageWhenDone();
  }

  #number(value: number): void {
    switch (this.#expect) {
      case 'tag':
        this.#tag(value);
        return;
      case 'varint':
        if (this.#field === remainingBytesField) this.#remainingBytes = value;
        this.#next('tag');
        return;
      default:
        this.#begin(value);
    }
  }

  #tag(tag: number): void {
    this.#field = Math.floor(tag / 8);
    const type = tag % 8;
    if (type === wireType.varint) this.#next('varint');
    else if (type === wireType.lengthDelimited) this.#next('length');
    else if (type === wireType.fixed64) this.#begin(8);
    else if (type === wireType.fixed32) this.#begin(4);
    else throw malformed();
  }

  /** A field's bytes, which may be none. */
  #begin(length: number): void {
    this.#run = length;
    this.#runIsBlob = this.#field === blobField;
    if (this.#runIsBlob) this.#blobBytes += length;
    this.#next('tag');
  }

  #next(expect: 'tag' | 'varint' | 'length'): void {
    this.#expect = expect;
    this.#value = 0;
    this.#valueBytes = 0;
  }

  #spend(bytes: number): void {
    this.#messageLeft -= bytes;
    if (this.#run > this.#messageLeft) throw malformed();
    this.#endMessageWhenDone();
  }

  #endMessageWhenDone(): void {
    if (this.#messageLeft > 0) return;
    if (this.#expect !== 'tag' || this.#valueBytes > 0) throw malformed();
    this.#expect = 'prefix';
    this.#prefixLeft = prefixBytes;
    this.#databaseBytes ??= this.#remainingBytes + this.#blobBytes;
  }
}

function malformed(): EtcdFault {
  return new EtcdFault('unexpected-answer', 'etcd sent what is no message of a snapshot.');
}
