import type { PacketMessage } from '../messages.ts';
import { splitCompound } from './compound.ts';
import { inflate } from './compression.ts';
import { removeCrc } from './crc.ts';
import { decrypt, ENCRYPTION_OVERHEAD as ENCRYPTED_PACKET_BYTES } from './encryption.ts';
import type { Keyring } from './keyring.ts';
import { labelBytes, labelHeaderLength } from './label.ts';
import { decodeMessage } from './message-decode.ts';
import { MessageType } from './message-type.ts';
import { MsgpackReader } from './msgpack-decode.ts';
import { DEFAULT_LIMITS, MAX_PROBLEMS, type WireLimits } from './wire-limits.ts';
import { problemOf, WireError, type WireProblem } from './wire-problem.ts';

/** What is expected of what we receive; shared by packets and streams. */
export interface DecodeOptions {
  /** Our own label; anything with another one, or none, is refused. */
  readonly label?: string | undefined;
  readonly keyring?: Keyring | undefined;
  /** With a keyring: take plaintext too, while a pool changes over to encryption. */
  readonly acceptPlaintext?: boolean | undefined;
  readonly limits?: Partial<WireLimits> | undefined;
}

export interface DecodedPacket {
  readonly messages: readonly PacketMessage[];
  /** What was left out and why; both lists may have entries. */
  readonly problems: readonly WireProblem[];
}

/**
 * All messages of a datagram. Never throws, whatever the bytes; its cost is bounded by the limits.
 * @throws RangeError only for a label of our own of more than 255 bytes.
 */
export function decodePacket(packet: Uint8Array, options: DecodeOptions = {}): DecodedPacket {
  const label = labelBytes(options.label);
  const decoding = new PacketDecoding({ ...DEFAULT_LIMITS, ...options.limits });
  decoding.attempt(() => {
    const body = packet.subarray(labelHeaderLength(packet, label));
    decoding.decode(removeCrc(decrypted(body, label, options)), 0);
  });
  const { messages, problems } = decoding;
  if (options.keyring === undefined && messages.length === 0 && looksEncrypted(packet)) {
    const detail = 'the packet looks encrypted, and we have no key';
    return { messages, problems: [{ code: 'encryption-not-configured', detail }] };
  }
  return { messages, problems };
}

function decrypted(body: Uint8Array, label: Uint8Array, options: DecodeOptions): Uint8Array {
  if (options.keyring === undefined) return body;
  try {
    return decrypt(body, options.keyring, label);
  } catch (error) {
    if (options.acceptPlaintext === true) return body;
    if (!looksPlain(body)) throw error;
    throw new WireError('not-encrypted', 'the packet is not encrypted, and encryption is on');
  }
}

/** Nothing tells for sure: it begins and is as long as what is encrypted. */
function looksEncrypted(packet: Uint8Array): boolean {
  const version = packet[0];
  return (version === 0 || version === 1) && packet.length >= ENCRYPTED_PACKET_BYTES[version];
}

/** Whether it begins as plaintext gossip does; only its first message is looked at. */
function looksPlain(body: Uint8Array): boolean {
  let plain = body[0] === MessageType.crc ? body.subarray(CRC_BYTES) : body;
  try {
    if (plain[0] === MessageType.compound) plain = splitCompound(plain).parts[0] ?? plain;
    if (plain[0] === MessageType.compress) return startsCompressed(plain);
    // Any bytes are a user message.
    return plain[0] !== MessageType.user && decodeMessage(plain).type !== 'user';
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  }
}

/** The type byte and the sum. */
const CRC_BYTES = 5;
/** A map with the key `Algo`. */
const COMPRESS_START = Buffer.from([MessageType.compress, 0x82, 0xa4, ...Buffer.from('Algo')]);

function startsCompressed(plain: Uint8Array): boolean {
  return Buffer.compare(plain.subarray(0, COMPRESS_START.length), COMPRESS_START) === 0;
}

/** Undoes nested compounds and compression within one allowance for the whole packet. */
class PacketDecoding {
  readonly messages: PacketMessage[] = [];
  readonly problems: WireProblem[] = [];
  readonly #limits: WireLimits;
  #inflatedBytesLeft: number;

  constructor(limits: WireLimits) {
    this.#limits = limits;
    this.#inflatedBytesLeft = limits.packetInflatedBytes;
  }

  /** Keeps what a step throws as a problem, so that what follows it is still read. */
  attempt(step: () => void): void {
    if (this.problems.length >= MAX_PROBLEMS) return;
    try {
      step();
    } catch (error) {
      this.problems.push(problemOf(error));
    }
  }

  decode(body: Uint8Array, depth: number): void {
    if (depth > this.#limits.packetDepth) throw new WireError('too-deep', 'nested too deeply');
    switch (body[0]) {
      case undefined:
        throw new WireError('truncated', 'an empty message');
      case MessageType.compound:
        this.#decodeCompound(body, depth);
        break;
      case MessageType.compress:
        this.decode(this.#inflate(body), depth + 1);
        break;
      default:
        this.#decodeMessage(body);
    }
  }

  #decodeCompound(body: Uint8Array, depth: number): void {
    const { parts, problem } = splitCompound(body);
    for (const part of parts) this.attempt(() => this.decode(part, depth + 1));
    if (problem !== undefined) throw problem;
  }

  #inflate(body: Uint8Array): Uint8Array {
    const allowance = this.#inflatedBytesLeft;
    // A part that fails has used up the allowance: it may have cost all of it.
    this.#inflatedBytesLeft = 0;
    const inflated = inflate(new MsgpackReader(body, 1), allowance);
    this.#inflatedBytesLeft = allowance - inflated.length;
    return inflated;
  }

  #decodeMessage(body: Uint8Array): void {
    if (this.messages.length >= this.#limits.packetMessages) {
      throw new WireError('too-large', `more than ${this.#limits.packetMessages} messages`);
    }
    this.messages.push(decodeMessage(body));
  }
}
