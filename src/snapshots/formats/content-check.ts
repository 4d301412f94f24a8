import { createHash } from 'node:crypto';
import { beginsAsBolt, boltStartBytes } from './bolt.ts';
import { corrupt, empty } from './format-errors.ts';

/** etcd puts the SHA-256 of its database behind it, and a database is a multiple of 512 bytes. */
const trailerBytes = 32;
const sectorBytes = 512;

export interface ContentSummary {
  readonly contentBytes: number;
  /** Hexadecimal, of all bytes, the trailer with them. */
  readonly contentSha256: string;
  /** Whether the SHA-256 of the database stands behind it, as etcd's Maintenance.Snapshot gives. */
  readonly hasTrailer: boolean;
}

/**
 * Looks at the content of a snapshot while it passes: whether it begins as a database, how long it
 * is and which hash it has, and whether the hash that etcd put at its end is right.
 */
export class ContentCheck {
  readonly #hash = createHash('sha256');
  /** The last bytes, not hashed yet: they may be the trailer. */
  #tail: Uint8Array = new Uint8Array(0);
  #start: Uint8Array = new Uint8Array(0);
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Throws `E2D_SNAPSHOT_CORRUPT` as soon as it cannot be a database. */
  add(chunk: Uint8Array): void {
    if (this.#start.length < boltStartBytes) this.#addStart(chunk);
    this.#bytes += chunk.length;
    if (chunk.length < trailerBytes) {
      const joined = Buffer.concat([this.#tail, chunk]);
      const known = Math.max(0, joined.length - trailerBytes);
      this.#hash.update(joined.subarray(0, known));
      this.#tail = joined.subarray(known);
      return;
    }
    this.#hash.update(this.#tail);
    this.#hash.update(chunk.subarray(0, -trailerBytes));
    this.#tail = Buffer.from(chunk.subarray(-trailerBytes));
  }

  /** Throws `E2D_SNAPSHOT_EMPTY`, or `E2D_SNAPSHOT_CORRUPT` where the end is not as it must be. */
  finish(): ContentSummary {
    if (this.#bytes === 0) throw empty();
    if (this.#start.length < boltStartBytes) throw corrupt(`it has only ${this.#bytes} bytes`);
    const behind = this.#bytes % sectorBytes;
    if (behind !== 0 && behind !== trailerBytes) {
      throw corrupt(`its ${this.#bytes} bytes are not the size of a database: the end is missing`);
    }
    const hasTrailer = behind === trailerBytes;
    if (hasTrailer && !this.#hash.copy().digest().equals(this.#tail)) {
      throw corrupt('its database does not match the SHA-256 that etcd put behind it');
    }
    const contentSha256 = this.#hash.update(this.#tail).digest('hex');
    return { contentBytes: this.#bytes, contentSha256, hasTrailer };
  }

  #addStart(chunk: Uint8Array): void {
    const missing = boltStartBytes - this.#start.length;
    this.#start = Buffer.concat([this.#start, chunk.subarray(0, missing)]);
    if (this.#start.length < boltStartBytes || beginsAsBolt(this.#start)) return;
    throw corrupt('its content does not begin as a database of etcd');
  }
}
