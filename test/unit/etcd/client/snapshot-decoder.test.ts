import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SnapshotDecoder } from '../../../../src/etcd/client/snapshot-decoder.ts';
import { snapshotMessage } from '../../../support/grpc-snapshot-server.ts';

/** What a decoder makes of `bytes` when they come in pieces of these sizes, over and over. */
function decode(bytes: Uint8Array, sizes: readonly number[] = [bytes.length]) {
  const parts: Uint8Array[] = [];
  const decoder = new SnapshotDecoder((chunk, start, end) => parts.push(chunk.slice(start, end)));
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    decoder.push(bytes.subarray(at, at + size));
    at += size;
  }
  return { blob: Buffer.concat(parts), decoder };
}

const messages = fc.array(
  fc.record({ blob: fc.uint8Array({ maxLength: 400 }), remaining: fc.nat(2 ** 31 - 1) }),
  { minLength: 1, maxLength: 6 },
);

describe('the decoder of snapshot messages', () => {
  test('gives the same blobs however the bytes are cut', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(messages, sizes, (sent, cuts) => {
        const bytes = Buffer.concat(sent.map((one) => snapshotMessage(one)));
        const { blob, decoder } = decode(bytes, cuts);
        expect(blob.equals(Buffer.concat(sent.map((one) => one.blob)))).toBe(true);
        const [first] = sent;
        expect(decoder.databaseBytes).toBe((first?.remaining ?? 0) + (first?.blob.length ?? 0));
        expect(decoder.betweenMessages).toBe(true);
      }),
    );
  });

  test('knows sizes that 32 bits do not hold, and none before the first message is complete', () => {
    const remaining = 5 * 2 ** 40;
    const message = snapshotMessage({ blob: Buffer.from('abc'), remaining });
    expect(decode(message).decoder.databaseBytes).toBe(remaining + 3);
    const cut = decode(message.subarray(0, -1)).decoder;
    expect(cut.databaseBytes).toBeNull();
    expect(cut.betweenMessages).toBe(false);
  });

  test.each([
    ['a compressed message', '01000000020a00'],
    ['a field longer than its message', '00000000021a05'],
    ['a number that the message cuts', '00000000021080'],
    ['a tag without its value', '000000000110'],
    ['a group, which protobuf dropped', '00000000010b'],
    ['a number without an end', '000000000c10ffffffffffffffffffffff'],
  ])('refuses %s', (_, hex) => {
    const refusal = expect.objectContaining({ code: 'unexpected-answer' });
    expect(() => decode(Buffer.from(hex, 'hex'))).toThrow(refusal);
  });

  test('never throws anything but its fault, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        try {
          decode(bytes, [7]);
        } catch (problem) {
          expect(problem).toMatchObject({ code: 'unexpected-answer' });
        }
      }),
    );
  });
});
