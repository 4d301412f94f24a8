import type { PacketMessage } from '../messages.ts';
import { encodeCompound } from './compound.ts';
import { compress } from './compression.ts';
import { addCrc } from './crc.ts';
import { type EncryptionVersion, encrypt, type NonceSource } from './encryption.ts';
import type { Keyring } from './keyring.ts';
import { addLabel, labelBytes } from './label.ts';
import { encodeMessage } from './message-encode.ts';

/** How what we send is framed; shared by packets and streams. */
export interface EncodeOptions {
  /** The pool's label; empty or absent for none. Needs memberlist 0.3 on all nodes. */
  readonly label?: string | undefined;
  /** Encrypts when present. */
  readonly keyring?: Keyring | undefined;
  /** Default 1. Version 0 is only for pools of memberlist protocol 1. */
  readonly encryptionVersion?: EncryptionVersion | undefined;
  readonly nonce?: NonceSource | undefined;
  /** Default false. Packets are sent compressed only where that makes them shorter. */
  readonly compress?: boolean | undefined;
}

export interface PacketEncodeOptions extends EncodeOptions {
  /** Adds a checksum: for receivers whose highest protocol version is 5 or more. */
  readonly crc?: boolean | undefined;
}

/**
 * One datagram: a single message bare, several as a compound.
 * @throws RangeError without a message, with more than 127, or as `encodeMessage` does.
 */
export function encodePacket(
  messages: readonly PacketMessage[],
  options: PacketEncodeOptions = {},
): Uint8Array {
  return encodePacketParts(messages.map(encodeMessage), options);
}

/** As `encodePacket`, of messages that are encoded already. */
export function encodePacketParts(
  parts: readonly Uint8Array[],
  options: PacketEncodeOptions = {},
): Uint8Array {
  const [first] = parts;
  // Old Go nodes panic on empty datagrams and empty messages.
  if (first === undefined || first.length === 0) throw new RangeError('a packet without a message');
  const label = labelBytes(options.label);
  let body = parts.length === 1 ? first : encodeCompound(parts);
  if (options.compress === true) body = shorter(compress(body), body);
  if (options.crc === true) body = addCrc(body);
  const { keyring, nonce, encryptionVersion: version } = options;
  if (keyring !== undefined) body = encrypt(body, { keyring, aad: label, version, nonce });
  return addLabel(body, label);
}

function shorter(candidate: Uint8Array, original: Uint8Array): Uint8Array {
  return candidate.length < original.length ? candidate : original;
}
