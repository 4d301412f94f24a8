import type { StreamMessage } from '../messages.ts';
import { compress } from './compression.ts';
import { type EncryptOptions, encrypt, encryptedLength } from './encryption.ts';
import { addLabel, labelBytes } from './label.ts';
import { encodeMessage } from './message-encode.ts';
import { MessageType } from './message-type.ts';
import { MsgpackWriter } from './msgpack-encode.ts';
import type { EncodeOptions } from './packet-encode.ts';
import { encodePushPull } from './push-pull.ts';
import { MAX_ENCRYPTED_STREAM_BYTES } from './wire-limits.ts';

/** Who opened the connection: only the dialler sends a label header. */
export type StreamRole = 'dialler' | 'acceptor';

export interface StreamEncodeOptions extends EncodeOptions {
  readonly role: StreamRole;
}

/** Bytes before an encrypted blob: type and length. They are authenticated with it. */
export const ENCRYPTED_HEADER_BYTES = 5;

/**
 * All that one side of a connection sends, to be written at once.
 * @throws RangeError when it would be longer than peers accept, or as `encodeMessage` does.
 */
export function encodeStream(message: StreamMessage, options: StreamEncodeOptions): Uint8Array {
  const label = labelBytes(options.label);
  let body = encodeStreamMessage(message);
  if (options.compress === true) body = compress(body);
  const { keyring, encryptionVersion: version, nonce } = options;
  if (keyring !== undefined) body = seal(body, label, { keyring, version, nonce });
  return options.role === 'dialler' ? addLabel(body, label) : body;
}

function encodeStreamMessage(message: StreamMessage): Uint8Array {
  switch (message.type) {
    case 'pushPull':
      return encodePushPull(message);
    case 'error': {
      const writer = new MsgpackWriter().byte(MessageType.error).map(1);
      return writer.key('Error').text(message.message).finish();
    }
    case 'user': {
      const writer = new MsgpackWriter().byte(MessageType.user).map(1);
      writer.key('UserMsgLen').uint(message.body.length, 32);
      return writer.raw(message.body).finish();
    }
    default:
      return encodeMessage(message);
  }
}

function seal(
  body: Uint8Array,
  label: Uint8Array,
  options: Omit<EncryptOptions, 'aad'>,
): Uint8Array {
  const length = encryptedLength(body.length, options.version);
  if (length > MAX_ENCRYPTED_STREAM_BYTES) {
    throw new RangeError(`a stream of ${length} encrypted bytes is more than peers accept`);
  }
  const header = Buffer.alloc(ENCRYPTED_HEADER_BYTES);
  header[0] = MessageType.encrypt;
  header.writeUInt32BE(length, 1);
  const aad = Buffer.concat([header, label]);
  return Buffer.concat([header, encrypt(body, { ...options, aad })]);
}
