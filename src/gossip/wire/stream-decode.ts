import type { StreamMessage } from '../messages.ts';
import { inflate } from './compression.ts';
import { decrypt } from './encryption.ts';
import { GrowingBuffer } from './growing-buffer.ts';
import { labelBytes, labelHeaderLength } from './label.ts';
import { MessageType } from './message-type.ts';
import { MsgpackReader } from './msgpack-decode.ts';
import type { DecodeOptions } from './packet-decode.ts';
import { ENCRYPTED_HEADER_BYTES, type StreamRole } from './stream-encode.ts';
import { StreamMessageReader } from './stream-message-reader.ts';
import { DEFAULT_LIMITS, MAX_ENCRYPTED_STREAM_BYTES, type WireLimits } from './wire-limits.ts';
import { problemOf, WireError, type WireProblem } from './wire-problem.ts';

export interface StreamDecodeOptions extends DecodeOptions {
  /** Our own side of the connection: an acceptor expects a label header, a dialler none. */
  readonly role: StreamRole;
}

export type StreamResult =
  | { readonly kind: 'more' }
  /** `problems` tells of node records that were left out of a push/pull. */
  | {
      readonly kind: 'message';
      readonly message: StreamMessage;
      readonly problems: readonly WireProblem[];
    }
  | { readonly kind: 'problem'; readonly problem: WireProblem };

/** With what a stream begins that is not encrypted. */
const PLAIN_TYPES: ReadonlySet<number> = new Set([
  MessageType.ping,
  MessageType.ack,
  MessageType.pushPull,
  MessageType.user,
  MessageType.compress,
  MessageType.error,
]);

const MORE: StreamResult = { kind: 'more' };

/**
 * Decodes the one message that a peer sends on a connection, chunk by chunk. Never throws after
 * construction. Once it has given a message or a problem it gives the same for ever, and keeps
 * no input.
 */
export class StreamDecoder {
  readonly #options: StreamDecodeOptions;
  readonly #label: Uint8Array;
  readonly #limits: WireLimits;
  readonly #received = new GrowingBuffer();
  #plain: StreamMessageReader | undefined;
  #result: StreamResult = MORE;

  /** @throws RangeError for a label of our own of more than 255 bytes. */
  constructor(options: StreamDecodeOptions) {
    this.#options = options;
    this.#label = labelBytes(options.label);
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
  }

  push(chunk: Uint8Array): StreamResult {
    if (this.#result.kind !== 'more') return this.#result;
    if (this.#received.length + chunk.length > this.#limits.streamBytes) {
      return this.#finish(this.#tooLarge());
    }
    this.#received.append(chunk);
    try {
      return this.#finish(this.#decode(this.#received.view()));
    } catch (error) {
      return this.#needMore(error);
    }
  }

  /** To be called when the peer has ended its side: what is incomplete now stays so. */
  end(): StreamResult {
    if (this.#result.kind !== 'more') return this.#result;
    const detail = `the stream ended after ${this.#received.length} bytes`;
    return this.#finish({ kind: 'problem', problem: { code: 'truncated', detail } });
  }

  #decode(bytes: Uint8Array): StreamResult {
    const isAcceptor = this.#options.role === 'acceptor';
    const start = isAcceptor ? labelHeaderLength(bytes, this.#label) : 0;
    const type = bytes[start];
    if (type === undefined) throw new WireError('truncated', 'no message yet', start + 1);
    if (type === MessageType.encrypt) return this.#decodeWhole(this.#decrypt(bytes, start));
    if (this.#options.keyring !== undefined && this.#options.acceptPlaintext !== true) {
      if (!PLAIN_TYPES.has(type)) throw new WireError('unknown-type', 'the stream is no gossip');
      throw new WireError('not-encrypted', 'the stream is not encrypted, and encryption is on');
    }
    if (type === MessageType.compress) return this.#readBody(this.#inflate(bytes, start));
    this.#plain ??= new StreamMessageReader(start, this.#limits);
    return messageResult(this.#plain, bytes);
  }

  #decrypt(bytes: Uint8Array, start: number): Uint8Array {
    const { keyring } = this.#options;
    if (keyring === undefined) {
      throw new WireError('encryption-not-configured', 'the stream is encrypted, we have no key');
    }
    const blobAt = start + ENCRYPTED_HEADER_BYTES;
    if (bytes.length < blobAt) throw new WireError('truncated', 'no length yet', blobAt);
    const header = bytes.subarray(start, blobAt);
    const length = new DataView(header.buffer, header.byteOffset).getUint32(1);
    if (length > MAX_ENCRYPTED_STREAM_BYTES) {
      throw new WireError('too-large', 'an encrypted stream of more than 20 MiB');
    }
    const end = blobAt + length;
    if (bytes.length < end) throw new WireError('truncated', 'encrypted data incomplete', end);
    return decrypt(bytes.subarray(blobAt, end), keyring, Buffer.concat([header, this.#label]));
  }

  #inflate(bytes: Uint8Array, start: number): Uint8Array {
    return inflate(new MsgpackReader(bytes, start + 1), this.#limits.streamInflatedBytes);
  }

  /** What was encrypted is complete, and may be compressed. */
  #decodeWhole(body: Uint8Array): StreamResult {
    if (body[0] !== MessageType.compress) return this.#readBody(body);
    return this.#readBody(neverMore(() => this.#inflate(body, 0)));
  }

  /** What was compressed is complete, and is never compressed again. */
  #readBody(body: Uint8Array): StreamResult {
    return neverMore(() => messageResult(new StreamMessageReader(0, this.#limits), body));
  }

  #needMore(error: unknown): StreamResult {
    const neededBytes = error instanceof WireError ? error.neededBytes : undefined;
    if (neededBytes === undefined) {
      return this.#finish({ kind: 'problem', problem: problemOf(error) });
    }
    if (neededBytes > this.#limits.streamBytes) return this.#finish(this.#tooLarge());
    return MORE;
  }

  #tooLarge(): StreamResult {
    const detail = `a stream of more than ${this.#limits.streamBytes} bytes`;
    return { kind: 'problem', problem: { code: 'too-large', detail } };
  }

  #finish(result: StreamResult): StreamResult {
    this.#result = result;
    this.#received.clear();
    this.#plain = undefined;
    return result;
  }
}

function messageResult(reader: StreamMessageReader, bytes: Uint8Array): StreamResult {
  return { kind: 'message', message: reader.read(bytes), problems: reader.problems };
}

/** Within something complete, "truncated" cannot be mended by more input. */
function neverMore<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new WireError(error.code, error.message);
  }
}
