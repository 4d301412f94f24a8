import { describe, expect, test } from 'vitest';
import { decodePacket } from '../../../../src/gossip/wire/packet-decode.ts';
import { encodePacket } from '../../../../src/gossip/wire/packet-encode.ts';
import { StreamDecoder } from '../../../../src/gossip/wire/stream-decode.ts';
import { encodeStream } from '../../../../src/gossip/wire/stream-encode.ts';
import { comparable, comparableNode } from './go-names.ts';
import {
  captureKeyring,
  type Decoded,
  fromHex,
  packetCaptures,
  streamCaptures,
  toHex,
} from './vectors.ts';

/** The application's user message is decoded in the capture; here it stays bytes. */
function expectedMessage(type: string, decoded: Decoded): unknown {
  return type === 'user' ? { type } : { type, ...decoded };
}

describe('packets captured between serf agents', () => {
  test('there are some', () => expect(packetCaptures).toHaveLength(97));

  test.each(packetCaptures)('$capture $path $hex', (capture) => {
    const keyring = captureKeyring(capture.capture);
    const bytes = fromHex(capture.hex);
    const { messages, problems } = decodePacket(bytes, { keyring });
    expect(problems).toEqual([]);
    expect(messages.map(comparable)).toEqual(
      capture.messages.map(({ type, decoded }) => expectedMessage(type, decoded)),
    );
    const again = encodePacket(messages, {
      keyring,
      crc: capture.path.includes('crc-ok'),
      compress: capture.path.includes('compress'),
      nonce: () => bytes.subarray(1, 13),
    });
    expect(toHex(again)).toBe(capture.hex);
  });
});

describe('streams captured between serf agents', () => {
  test('there are some', () => expect(streamCaptures).toHaveLength(16));

  test.each(streamCaptures)('$capture $dir $path $type', (capture) => {
    const keyring = captureKeyring(capture.capture);
    const bytes = fromHex(capture.hex);
    const isRequest = capture.dir === 'request';
    const decoder = new StreamDecoder({ role: isRequest ? 'acceptor' : 'dialler', keyring });
    const result = decoder.push(bytes);
    if (result.kind !== 'message') throw new Error(JSON.stringify(result));
    expect(result.problems).toEqual([]);
    const { message } = result;
    if (message.type === 'pushPull') {
      const { header, nodes, userState } = capture.decoded;
      expect(message.nodes.map(comparableNode)).toEqual(nodes);
      expect(message.join).toBe(header?.['Join']);
      expect(`0x${toHex(message.userState)}`).toBe(userState);
    } else if (message.type === 'ping' || message.type === 'ack') {
      expect(comparable(message)).toEqual({ type: capture.type, ...capture.decoded.val });
    } else {
      throw new Error(`unexpected ${message.type}`);
    }
    const again = encodeStream(message, {
      role: isRequest ? 'dialler' : 'acceptor',
      keyring,
      compress: capture.path.includes('compress'),
      nonce: () => bytes.subarray(6, 18),
    });
    expect(toHex(again)).toBe(capture.hex);
  });
});
