import { describe, expect, test } from 'vitest';
import type { PushPull, PushPullNode } from '../../../../src/gossip/messages.ts';
import { compress } from '../../../../src/gossip/wire/compression.ts';
import { StreamDecoder } from '../../../../src/gossip/wire/stream-decode.ts';
import { encodeStream } from '../../../../src/gossip/wire/stream-encode.ts';
import { fromHex, testKeyring, toHex } from './vectors.ts';

const keyring = testKeyring(32);
const ping = { type: 'ping', seqNo: 9, node: 'x' } as const;
const node: PushPullNode = {
  ...{ name: 'n', addr: Uint8Array.of(127, 0, 0, 1), port: 7946, meta: null, incarnation: 1 },
  ...{ state: 'alive' as const, vsn: Uint8Array.of(1, 5, 2, 0, 0, 0) },
};
const pushPull: PushPull = {
  type: 'pushPull',
  join: true,
  nodes: [node, { ...node, name: 'm', state: 'left' }],
  userState: Uint8Array.of(1, 2, 3),
};

function decode(
  bytes: Uint8Array,
  options: Partial<ConstructorParameters<typeof StreamDecoder>[0]> = {},
) {
  return new StreamDecoder({ role: 'acceptor', ...options }).push(bytes);
}

function problem(code: string): unknown {
  return { kind: 'problem', problem: expect.objectContaining({ code }) };
}

describe('encryption', () => {
  test('an unkeyed node refuses an encrypted stream at its first byte', () => {
    expect(decode(Uint8Array.of(10))).toEqual(problem('encryption-not-configured'));
  });

  test('a keyed node refuses plaintext at its first byte, unless the pool is changing over', () => {
    const plain = encodeStream(ping, { role: 'dialler' });
    expect(decode(plain.subarray(0, 1), { keyring })).toEqual(problem('not-encrypted'));
    expect(decode(plain, { keyring, acceptPlaintext: true })).toMatchObject({ message: ping });
  });

  test('the length is authenticated and limited', () => {
    const sealed = encodeStream(ping, { role: 'dialler', keyring });
    expect(decode(sealed, { keyring })).toMatchObject({ message: ping });
    const shorter = sealed.slice();
    shorter[4]! -= 1;
    expect(decode(shorter, { keyring })).toEqual(problem('undecryptable'));
    expect(decode(fromHex('0a01400001'), { keyring })).toEqual(problem('too-large'));
    expect(decode(fromHex('0a01400000'), { keyring })).toEqual({ kind: 'more' });
    expect(decode(fromHex('0a00000000'), { keyring })).toEqual(problem('undecryptable'));
  });

  test('what is cut short inside is a problem, not a wait', () => {
    const body = Uint8Array.of(1);
    const user = encodeStream({ type: 'user', body }, { role: 'dialler' });
    const cut = compress(user.subarray(0, -1));
    expect(decode(cut)).toEqual(problem('truncated'));
    expect(decode(compress(cut))).toEqual(problem('unknown-type'));
  });

  test('more than peers accept is not sent', () => {
    const body = new Uint8Array(20 * 1024 * 1024);
    expect(() => encodeStream({ type: 'user', body }, { role: 'dialler', keyring })).toThrow(
      RangeError,
    );
  });
});

describe('label', () => {
  test('only the dialler sends it, the acceptor demands it', () => {
    const request = encodeStream(ping, { role: 'dialler', label: 'lbl' });
    expect(toHex(request).startsWith('f4036c626c00')).toBe(true);
    expect(decode(request, { label: 'lbl' })).toMatchObject({ message: ping });
    expect(decode(request)).toEqual(problem('label-mismatch'));
    expect(decode(encodeStream(ping, { role: 'dialler' }), { label: 'lbl' })).toEqual(
      problem('label-mismatch'),
    );
    const answer = encodeStream(ping, { role: 'acceptor', label: 'lbl' });
    expect(answer[0]).toBe(0);
    expect(decode(answer, { role: 'dialler', label: 'lbl' })).toMatchObject({ message: ping });
    expect(decode(request, { role: 'dialler', label: 'lbl' })).toEqual(problem('unknown-type'));
  });

  test('an encrypted answer is bound to the label it does not show', () => {
    const answer = encodeStream(ping, { role: 'acceptor', label: 'one', keyring });
    const role = 'dialler';
    expect(decode(answer, { role, label: 'one', keyring })).toMatchObject({ message: ping });
    expect(decode(answer, { role, label: 'two', keyring })).toEqual(problem('undecryptable'));
  });
});

describe('push/pull', () => {
  /** Changes one byte sequence of an encoded push/pull for another of the same length. */
  function altered(from: string, to: string): Uint8Array {
    const hex = toHex(encodeStream(pushPull, { role: 'dialler' }));
    expect(hex).toContain(from);
    return fromHex(hex.replace(from, to));
  }

  test.each([
    ['in an unknown state', 'a5537461746500', 'a5537461746504', 'malformed'],
    ['with a name that is not text', 'a44e616d65a16e', 'a44e616d65a1ff', 'malformed'],
    ['with an address of 5 bytes', '87a441646472a47f', '87a441646473a47f', 'malformed'],
    ['with a negative port', 'a4506f7274cd1f0a', 'a4506f7274d1ff0a', 'malformed'],
  ])('a record %s is left out', (_, from, to, code) => {
    expect(decode(altered(from, to))).toEqual({
      kind: 'message',
      message: { ...pushPull, nodes: pushPull.nodes.slice(1) },
      problems: [expect.objectContaining({ code })],
    });
  });

  test('records that have no end are a problem', () => {
    expect(decode(altered('87a4', 'c1a4'))).toEqual(problem('malformed'));
  });

  test('limits on counts and lengths', () => {
    const bytes = encodeStream(pushPull, { role: 'dialler' });
    const limits = { pushPullNodes: 2, userStateBytes: 3, streamBytes: bytes.length };
    expect(decode(bytes, { limits })).toMatchObject({ message: pushPull });
    expect(decode(bytes, { limits: { pushPullNodes: 1 } })).toEqual(problem('too-large'));
    expect(decode(bytes, { limits: { userStateBytes: 2 } })).toEqual(problem('too-large'));
    const tooLong = { streamBytes: bytes.length - 1 };
    expect(decode(bytes, { limits: tooLong })).toEqual(problem('too-large'));
    // Refused when the length is announced, before the rest has come.
    expect(decode(bytes.subarray(0, -3), { limits: tooLong })).toEqual(problem('too-large'));
  });
});

test('a user message beyond the limit is refused when it is announced', () => {
  const bytes = encodeStream({ type: 'user', body: new Uint8Array(100) }, { role: 'dialler' });
  const limits = (userStateBytes: number) => ({ limits: { userStateBytes } });
  expect(decode(bytes, limits(100))).toMatchObject({ message: { type: 'user' } });
  expect(decode(bytes.subarray(0, 20), limits(99))).toEqual(problem('too-large'));
});

describe('the end of a stream', () => {
  test('an incomplete message is a problem once nothing more comes', () => {
    const decoder = new StreamDecoder({ role: 'acceptor' });
    expect(decoder.end()).toEqual(problem('truncated'));
    const bytes = encodeStream(pushPull, { role: 'dialler' });
    const second = new StreamDecoder({ role: 'acceptor' });
    expect(second.push(bytes.subarray(0, -1))).toEqual({ kind: 'more' });
    expect(second.end()).toEqual(problem('truncated'));
    expect(second.push(bytes)).toEqual(problem('truncated'));
  });

  test('a result stays, whatever else comes', () => {
    const decoder = new StreamDecoder({ role: 'acceptor' });
    const bytes = encodeStream(pushPull, { role: 'dialler' });
    const result = decoder.push(bytes);
    expect(result).toMatchObject({ kind: 'message', message: pushPull });
    expect(decoder.push(Uint8Array.of(255))).toBe(result);
    expect(decoder.end()).toBe(result);
  });

  test('bytes after the message are ignored, as in Go', () => {
    const bytes = encodeStream(ping, { role: 'dialler' });
    expect(decode(Buffer.concat([bytes, bytes]))).toMatchObject({ message: ping });
  });
});

test('a large state in many pieces is read in time linear to its size', () => {
  const userState = new Uint8Array(8 * 1024 * 1024).fill(5);
  const bytes = encodeStream({ ...pushPull, userState }, { role: 'dialler' });
  const decoder = new StreamDecoder({ role: 'acceptor' });
  const started = performance.now();
  let result = decoder.push(new Uint8Array());
  for (let from = 0; from < bytes.length; from += 1000) {
    result = decoder.push(bytes.subarray(from, from + 1000));
  }
  expect(performance.now() - started).toBeLessThan(1500);
  if (result.kind !== 'message' || result.message.type !== 'pushPull')
    throw new Error('no message');
  expect(Buffer.compare(result.message.userState, userState)).toBe(0);
});

test('many records in many pieces are read once each', () => {
  const nodes = Array.from({ length: 8000 }, (_, index) => ({ ...node, name: `n${index}` }));
  const bytes = encodeStream({ ...pushPull, nodes }, { role: 'dialler' });
  const decoder = new StreamDecoder({ role: 'acceptor' });
  const started = performance.now();
  let result = decoder.push(new Uint8Array());
  for (let from = 0; from < bytes.length; from += 100) {
    result = decoder.push(bytes.subarray(from, from + 100));
  }
  expect(performance.now() - started).toBeLessThan(3000);
  expect(result).toMatchObject({ kind: 'message', message: { nodes: { length: 8000 } } });
});
