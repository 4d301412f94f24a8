import { describe, expect, test } from 'vitest';
import { compress } from '../../../../src/gossip/wire/compression.ts';
import { encodeMessage } from '../../../../src/gossip/wire/message-encode.ts';
import { decodePacket } from '../../../../src/gossip/wire/packet-decode.ts';
import { encodePacket, encodePacketParts } from '../../../../src/gossip/wire/packet-encode.ts';
import { fromHex, testKeyring, toHex } from './vectors.ts';

const nack = { type: 'nack', seqNo: 1 } as const;
const nackBytes = encodeMessage(nack);

describe('compounds', () => {
  test('a truncated compound gives its complete parts', () => {
    const packet = encodePacket([nack, nack, nack]);
    expect(decodePacket(packet.subarray(0, -1))).toEqual({
      messages: [nack, nack],
      problems: [{ code: 'truncated', detail: 'a compound lacks 1 of its 3 parts' }],
    });
    expect(decodePacket(packet.subarray(0, 5))).toMatchObject({
      messages: [],
      problems: [{ code: 'truncated' }],
    });
    expect(decodePacket(Uint8Array.of(7)).problems).toMatchObject([{ code: 'truncated' }]);
  });

  test('a bad part does not spoil the others', () => {
    const packet = encodePacketParts([nackBytes, Uint8Array.of(99), nackBytes]);
    expect(decodePacket(packet)).toEqual({
      messages: [nack, nack],
      problems: [{ code: 'unknown-type', detail: 'message type 99 is not one of a packet' }],
    });
  });

  test('an empty part is reported', () => {
    const packet = fromHex(`070200000009${toHex(nackBytes)}`);
    expect(decodePacket(packet)).toMatchObject({
      messages: [nack],
      problems: [{ code: 'truncated' }],
    });
  });

  test('parts of 255 and more are read', () => {
    const lengths = Array.from({ length: 255 }, () => [0, nackBytes.length]).flat();
    const body = Array.from({ length: 255 }, () => [...nackBytes]).flat();
    expect(decodePacket(Uint8Array.of(7, 255, ...lengths, ...body)).messages).toHaveLength(255);
  });

  test('a compressed part inside a compound', () => {
    const packet = encodePacketParts([nackBytes, compress(nackBytes)]);
    expect(decodePacket(packet)).toEqual({ messages: [nack, nack], problems: [] });
  });

  test('nothing is ever sent empty, nor a part that has no length', () => {
    expect(() => encodePacket([])).toThrow(RangeError);
    expect(() => encodePacketParts([new Uint8Array()])).toThrow(RangeError);
    expect(() => encodePacketParts([nackBytes, new Uint8Array()])).toThrow(RangeError);
    expect(() => encodePacketParts([nackBytes, new Uint8Array(65_536)])).toThrow(RangeError);
  });
});

describe('compression', () => {
  const long = { type: 'user', body: new Uint8Array(500).fill(1) } as const;

  test('is used only where it makes the packet shorter', () => {
    expect(toHex(encodePacket([nack], { compress: true }))).toBe(toHex(nackBytes));
    const packed = encodePacket([long], { compress: true });
    expect(packed[0]).toBe(9);
    expect(packed.length).toBeLessThan(150);
    expect(decodePacket(packed).messages).toEqual([long]);
  });

  test('an empty result, an unknown algorithm and garbage are refused', () => {
    const bad = (hex: string) => decodePacket(fromHex(hex)).problems.map(({ code }) => code);
    expect(bad('0982a4416c676f00a3427566a3000302')).toEqual(['bad-compression']);
    expect(bad('0982a4416c676f01a3427566a400c30404')).toEqual(['bad-compression']);
    expect(bad('0982a4416c676f00a3427566a400ffffff')).toEqual(['bad-compression']);
  });
});

describe('checksum', () => {
  const packet = encodePacket([nack], { crc: true });

  test('a wrong one drops the packet', () => {
    const changed = packet.slice();
    changed[packet.length - 1]! ^= 1;
    expect(decodePacket(changed)).toMatchObject({
      messages: [],
      problems: [{ code: 'bad-checksum' }],
    });
  });

  test('is verified wherever the packet lies in memory', () => {
    const larger = new Uint8Array(packet.length + 3);
    larger.set(packet, 3);
    expect(decodePacket(larger.subarray(3)).messages).toEqual([nack]);
  });

  test('counts only outermost', () => {
    expect(decodePacket(encodePacketParts([nackBytes, packet])).problems).toMatchObject([
      { code: 'unknown-type' },
    ]);
  });
});

describe('label', () => {
  const codes = (bytes: Uint8Array, label?: string) =>
    decodePacket(bytes, { label }).problems.map(({ code }) => code);

  test('must be exactly ours', () => {
    const packet = encodePacket([nack], { label: 'pool' });
    expect(decodePacket(packet, { label: 'pool' }).messages).toEqual([nack]);
    expect(codes(packet)).toEqual(['label-mismatch']);
    expect(codes(packet, 'poo')).toEqual(['label-mismatch']);
    expect(codes(nackBytes, 'pool')).toEqual(['label-mismatch']);
    expect(codes(fromHex('f400'))).toEqual(['malformed']);
    expect(codes(fromHex('f405'))).toEqual(['truncated']);
    expect(codes(new Uint8Array())).toEqual(['truncated']);
  });

  test('has at most 255 bytes', () => {
    expect(encodePacket([nack], { label: 'x'.repeat(255) })).toHaveLength(257 + nackBytes.length);
    expect(() => encodePacket([nack], { label: 'ü'.repeat(128) })).toThrow(RangeError);
  });
});

test('the layers come in the order of memberlist', () => {
  const body = new Uint8Array(200);
  const keyring = testKeyring(16);
  const all = encodePacket([{ type: 'user', body }], {
    label: 'l',
    keyring,
    crc: true,
    compress: true,
  });
  expect([...all.subarray(0, 4)]).toEqual([244, 1, 0x6c, 1]);
  const bare = encodePacket([{ type: 'user', body }], { crc: true, compress: true });
  expect([bare[0], bare[5]]).toEqual([12, 9]);
  expect(all).toHaveLength(bare.length + 3 + 29);
});
