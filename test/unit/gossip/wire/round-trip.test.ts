import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_COMPOUND_PARTS } from '../../../../src/gossip/wire/compound.ts';
import { decodePacket } from '../../../../src/gossip/wire/packet-decode.ts';
import { encodePacket } from '../../../../src/gossip/wire/packet-encode.ts';
import { StreamDecoder, type StreamResult } from '../../../../src/gossip/wire/stream-decode.ts';
import { encodeStream } from '../../../../src/gossip/wire/stream-encode.ts';
import { packetMessage, streamMessage } from './arbitraries.ts';
import { testKeyring } from './vectors.ts';

const framing = fc.record({
  label: fc.constantFrom(undefined, '', 'pool', 'ü'.repeat(127)),
  keyring: fc.constantFrom(undefined, ...[16, 24, 32].map((size) => testKeyring(size))),
  encryptionVersion: fc.constantFrom(undefined, 0 as const, 1 as const),
  compress: fc.boolean(),
});

test('packets of any messages in any framing', () => {
  const messages = fc.array(packetMessage, { minLength: 1, maxLength: 8 });
  const property = fc.property(messages, framing, fc.boolean(), (sent, options, crc) => {
    const packet = encodePacket(sent, { ...options, crc });
    expect(decodePacket(packet, options)).toEqual({ messages: sent, problems: [] });
  });
  fc.assert(property, { seed: 1, numRuns: 500 });
});

test('127 messages are the most, and come back', () => {
  expect(MAX_COMPOUND_PARTS).toBe(127);
  const sent = Array.from({ length: 127 }, (_, seqNo) => ({ type: 'nack', seqNo }) as const);
  expect(decodePacket(encodePacket(sent))).toEqual({ messages: sent, problems: [] });
  expect(() => encodePacket([...sent, { type: 'nack', seqNo: 127 }])).toThrow(RangeError);
});

/** Cuts `bytes` at the given places and feeds the pieces. */
function feed(decoder: StreamDecoder, bytes: Uint8Array, cuts: readonly number[]): StreamResult {
  const places = [...new Set(cuts.map((cut) => cut % bytes.length))].sort((a, b) => a - b);
  let from = 0;
  for (const to of places) {
    if (to === 0) continue;
    expect(decoder.push(bytes.subarray(from, to))).toEqual({ kind: 'more' });
    from = to;
  }
  return decoder.push(bytes.subarray(from));
}

test('streams of any message in any framing and any pieces', () => {
  const cuts = fc.array(fc.nat(5000), { maxLength: 6 });
  const dialler = fc.boolean();
  const all = fc.tuple(streamMessage, framing, cuts, dialler);
  const property = fc.property(all, ([message, options, places, isDialler]) => {
    const [sender, receiver] = isDialler
      ? (['dialler', 'acceptor'] as const)
      : (['acceptor', 'dialler'] as const);
    const bytes = encodeStream(message, { ...options, role: sender });
    const decoder = new StreamDecoder({ ...options, role: receiver });
    expect(feed(decoder, bytes, places)).toEqual({ kind: 'message', message, problems: [] });
  });
  fc.assert(property, { seed: 2, numRuns: 400 });
});

test('streams byte by byte', () => {
  const property = fc.property(streamMessage, framing, (message, options) => {
    const bytes = encodeStream(message, { ...options, role: 'dialler' });
    const decoder = new StreamDecoder({ ...options, role: 'acceptor' });
    const places = Array.from(bytes.keys());
    expect(feed(decoder, bytes, places)).toEqual({ kind: 'message', message, problems: [] });
  });
  fc.assert(property, { seed: 3, numRuns: 25 });
});
