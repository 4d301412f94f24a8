import { describe, expect, test } from 'vitest';
import type { Alive } from '../../../../src/gossip/messages.ts';
import { decodeMessage } from '../../../../src/gossip/wire/message-decode.ts';
import { encodeMessage } from '../../../../src/gossip/wire/message-encode.ts';
import { MsgpackReader } from '../../../../src/gossip/wire/msgpack-decode.ts';
import { MsgpackWriter } from '../../../../src/gossip/wire/msgpack-encode.ts';
import { fromHex, toHex } from './vectors.ts';

const NODE = 'a44e6f6465';
const SEQ = 'a55365714e6f';

function decode(hex: string): unknown {
  return decodeMessage(fromHex(hex));
}

describe('forms that Go accepts though it does not send them', () => {
  test.each([
    ['text as str8', `0082${NODE}d90178${SEQ}01`],
    ['text as str32', `0082${NODE}db0000000178${SEQ}01`],
    ['text as bin8', `0082${NODE}c40178${SEQ}01`],
    ['a map16', `00de0002${NODE}a178${SEQ}01`],
    ['a map32', `00df00000002${NODE}a178${SEQ}01`],
    ['an int64 for a uint', `0082${NODE}a178${SEQ}d30000000000000001`],
    ['a uint64', `0082${NODE}a178${SEQ}cf0000000000000001`],
    ['an int8', `0082${NODE}a178${SEQ}d001`],
    ['fields in another order', `0082${SEQ}01${NODE}a178`],
    ['an array by position', '009201a178'],
    ['a longer array', '009701a178c000c0a17aa179'],
    ['bytes after the message', `0082${NODE}a178${SEQ}01ffff`],
    ['unknown fields of every type', unknownFields()],
    ['a field named as a method', `0083a8${toHex(Buffer.from('toString'))}01${NODE}a178${SEQ}01`],
    ['a source without a port', `0083${NODE}a178${SEQ}01aa536f7572636541646472a47f000001`],
    ['a field twice', `0083${NODE}a17a${NODE}a178${SEQ}01`],
  ])('%s', (_, hex) => {
    expect(decode(hex)).toEqual({ type: 'ping', seqNo: 1, node: 'x' });
  });

  test('nil and missing fields are zero', () => {
    const zero = { type: 'ping', seqNo: 0, node: '' };
    expect(decode('0080')).toEqual(zero);
    expect(decode('00c0')).toEqual(zero);
    expect(decode(`0082${NODE}c0${SEQ}c0`)).toEqual(zero);
  });

  test('bytes as an array of integers', () => {
    const payload = Uint8Array.of(1, 2, 255);
    expect(decode(`0282a75061796c6f6164930102ccff${SEQ}01`)).toEqual({
      type: 'ack',
      seqNo: 1,
      payload,
    });
  });

  function unknownFields(): string {
    const values = [
      ...['05', 'e1', 'c0', 'c2', 'c3', 'a178', 'd90178', 'da000178', 'db0000000178'],
      ...['c40178', 'c5000178', 'c60000000178', 'c7010578', 'c800010578', 'c9000000010578'],
      ...['ca00000000', 'cb0000000000000000', 'cc01', 'cd0001', 'ce00000001'],
      ...['cf0000000000000001', 'd001', 'd10001', 'd200000001', 'd30000000000000001'],
      ...['d40178', 'd5017878', `d601${'78'.repeat(4)}`, `d701${'78'.repeat(8)}`],
      ...[`d801${'78'.repeat(16)}`, '9101', 'dc000101', 'dd0000000101', '81a16101'],
      ...['de0001a16101', 'df00000001a161920101'],
    ];
    const count = (values.length + 2).toString(16).padStart(4, '0');
    return `00de${count}${values.map((value) => `a17a${value}`).join('')}${NODE}a178${SEQ}01`;
  }
});

describe('what is refused', () => {
  test.each([
    ['a negative number', `0082${NODE}a178${SEQ}ff`],
    ['a negative int32', `0082${NODE}a178${SEQ}d2ffffffff`],
    ['a number over 32 bits', `0082${NODE}a178${SEQ}cf0000000100000000`],
    ['a float', `0082${NODE}a178${SEQ}ca3f800000`],
    ['a number for text', `0082${NODE}01${SEQ}01`],
    ['text that is not UTF-8', `0082${NODE}a1ff${SEQ}01`],
    ['a number as a field name', `008201a178${SEQ}01`],
    ['the byte c1', `008181a161c1`],
    ['a port over 16 bits', `0182a4506f7274ce00010000${SEQ}01`],
    ['a number for a bool', '0181a44e61636b01'],
    ['an address of 5 bytes', `0181a6546172676574a50102030405`],
  ])('%s', (_, hex) => {
    expect(() => decode(hex)).toThrow(expect.objectContaining({ code: 'malformed' }));
  });

  const aliveHex = (meta: string, vsn: string, name = 'a178') =>
    `0485a441646472a47f000001a44d657461${meta}${NODE}${name}a4506f727401a356736e${vsn}`;

  test('an announcement without a name', () => {
    expect(() => decode(aliveHex('c0', 'a6010502000000', 'a0'))).toThrow('without a name');
  });

  test('an announcement with a short version list, or too much metadata', () => {
    expect(decode(aliveHex('c0', 'a6010502000000'))).toMatchObject({ type: 'alive' });
    expect(decode(aliveHex('c0', 'a701050200000009'))).toMatchObject({
      vsn: Uint8Array.of(1, 5, 2, 0, 0, 0),
    });
    expect(() => decode(aliveHex('c0', 'a50105020000'))).toThrow('version list');
    expect(() => decode(aliveHex(`da0201${'00'.repeat(513)}`, 'a6010502000000'))).toThrow(
      'metadata',
    );
  });

  test('a name that could not be gossiped on', () => {
    expect(decode(`0081${NODE}da0200${'78'.repeat(512)}`)).toMatchObject({ type: 'ping' });
    expect(() => decode(`0081${NODE}da0201${'78'.repeat(513)}`)).toThrow('longer than 512');
  });

  test('messages of streams in a packet', () => {
    for (const type of ['06', '0a', '0c', '0d', 'f4']) {
      expect(() => decode(`${type}80`)).toThrow(expect.objectContaining({ code: 'unknown-type' }));
    }
  });
});

test('byte fields are copies, so that they do not keep the packet in memory', () => {
  const packet = fromHex(`0282a75061796c6f6164a20102${SEQ}01`);
  const message = decodeMessage(packet);
  packet.fill(0);
  expect(message).toEqual({ type: 'ack', seqNo: 1, payload: Uint8Array.of(1, 2) });
});

test('truncation says how much is needed', () => {
  const reader = new MsgpackReader(fromHex('da000a6162'));
  expect(() => reader.raw()).toThrow(expect.objectContaining({ neededBytes: 13 }));
});

test('text keeps a byte order mark and characters outside ASCII', () => {
  for (const node of ['\ufeffx', 'Zürich', '日本', '😀']) {
    expect(decodeMessage(encodeMessage({ type: 'ping', seqNo: 1, node }))).toMatchObject({ node });
  }
});

describe('writing', () => {
  test('lengths choose the raw family only', () => {
    const header = (length: number) =>
      toHex(new MsgpackWriter().bytes(new Uint8Array(length)).finish().subarray(0, 5));
    expect(header(31).slice(0, 2)).toBe('bf');
    expect(header(32).slice(0, 6)).toBe('da0020');
    expect(header(65_535).slice(0, 6)).toBe('daffff');
    expect(header(65_536)).toBe('db00010000');
  });

  test('numbers that do not fit are refused', () => {
    const alive: Alive = {
      ...{ type: 'alive' as const, incarnation: 1, node: 'x', addr: Uint8Array.of(127, 0, 0, 1) },
      ...{ port: 1, meta: null, vsn: new Uint8Array(6) },
    };
    expect(encodeMessage(alive)).toBeInstanceOf(Uint8Array);
    for (const bad of [
      { port: 65_536 },
      { port: -1 },
      { incarnation: 2 ** 32 },
      { incarnation: 0.5 },
      { meta: new Uint8Array(513) },
      { vsn: new Uint8Array(5) },
    ]) {
      expect(() => encodeMessage({ ...alive, ...bad })).toThrow(RangeError);
    }
  });
});
