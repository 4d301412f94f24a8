import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { encrypt } from '../../../../src/gossip/wire/encryption.ts';
import { Keyring } from '../../../../src/gossip/wire/keyring.ts';
import { decodePacket } from '../../../../src/gossip/wire/packet-decode.ts';
import { encodePacket } from '../../../../src/gossip/wire/packet-encode.ts';
import { testKey, toHex } from './vectors.ts';

const message = { type: 'nack', seqNo: 7 } as const;
const [oldKey, newKey, otherKey] = [testKey(32), testKey(16), testKey(24)];

function canRead(reader: Keyring, sender: Keyring): boolean {
  const packet = encodePacket([message], { keyring: sender });
  return decodePacket(packet, { keyring: reader }).messages.length === 1;
}

describe('keyring', () => {
  test('rotation without a gap: add everywhere, use everywhere, remove everywhere', () => {
    const [a, b] = [new Keyring([oldKey]), new Keyring([oldKey])];
    const steps = [
      () => a.add(newKey),
      () => b.add(newKey),
      () => a.use(newKey),
      () => b.use(newKey),
      () => a.remove(oldKey),
      () => b.remove(oldKey),
    ];
    for (const step of steps) {
      step();
      expect([canRead(a, b), canRead(b, a)]).toEqual([true, true]);
    }
    expect(canRead(a, new Keyring([oldKey]))).toBe(false);
    expect(a.keys).toHaveLength(1);
  });

  test('the first key encrypts, adding changes nothing about that', () => {
    const ring = new Keyring([oldKey]);
    ring.add(newKey);
    ring.add(oldKey);
    expect(ring.keys).toHaveLength(2);
    expect(canRead(new Keyring([oldKey]), ring)).toBe(true);
    ring.use(newKey);
    expect(canRead(new Keyring([oldKey]), ring)).toBe(false);
    expect(canRead(new Keyring([newKey]), ring)).toBe(true);
  });

  test('what is not allowed', () => {
    const ring = new Keyring([oldKey, newKey]);
    expect(() => ring.use(otherKey)).toThrow('not in the keyring');
    expect(() => ring.remove(oldKey)).toThrow('primary');
    ring.remove(otherKey);
    expect(ring.keys).toHaveLength(2);
    expect(() => new Keyring([])).toThrow('at least one key');
    for (const size of [0, 15, 17, 31, 33]) {
      expect(() => new Keyring([testKey(size)])).toThrow('16, 24 or 32 bytes');
    }
  });

  test('printing a keyring shows no key', () => {
    const printed = inspect(new Keyring([oldKey]), { depth: 9, showHidden: true });
    expect(printed).not.toContain(toHex(oldKey).slice(0, 8));
    expect(printed).not.toContain('0, 1, 2, 3');
    expect(JSON.stringify(new Keyring([oldKey]))).toBe('{}');
  });
});

describe('encrypted packets', () => {
  const keyring = new Keyring([oldKey]);

  test('a nonce is not used twice', () => {
    const options = { keyring, aad: new Uint8Array() };
    const nonces = Array.from({ length: 100 }, () =>
      toHex(encrypt(Uint8Array.of(1), options).subarray(1, 13)),
    );
    expect(new Set(nonces).size).toBe(100);
  });

  test('any changed bit is noticed', () => {
    const packet = encodePacket([message], { keyring });
    for (const index of packet.keys()) {
      const changed = packet.slice();
      changed[index]! ^= 0x10;
      expect(decodePacket(changed, { keyring })).toMatchObject({
        messages: [],
        problems: [{ code: 'undecryptable' }],
      });
    }
  });

  test('wrong padding of version 0 is noticed', () => {
    // The version byte is not authenticated: a version 1 blob passes as one of version 0.
    const open = (lastByte: number) => {
      const plaintext = Uint8Array.of(...Array(15).fill(8), lastByte);
      const blob = encrypt(plaintext, { keyring, aad: new Uint8Array() });
      blob[0] = 0;
      return decodePacket(blob, { keyring });
    };
    expect(open(15).messages).toEqual([{ type: 'user', body: new Uint8Array() }]);
    expect(open(0).problems).toMatchObject([{ code: 'undecryptable' }]);
    expect(open(17).problems).toMatchObject([{ code: 'undecryptable' }]);
  });

  test('plaintext is refused unless the pool is changing over', () => {
    const packet = encodePacket([message]);
    expect(decodePacket(packet, { keyring }).problems).toMatchObject([{ code: 'not-encrypted' }]);
    expect(decodePacket(packet, { keyring, acceptPlaintext: true }).messages).toEqual([message]);
    const sealed = encodePacket([message], { keyring });
    expect(decodePacket(sealed, { keyring, acceptPlaintext: true }).messages).toEqual([message]);
  });

  test('the label is authenticated', () => {
    const packet = encodePacket([message], { keyring, label: 'one' });
    const relabelled = packet.slice();
    relabelled.set(Buffer.from('two'), 2);
    expect(decodePacket(relabelled, { keyring, label: 'two' }).problems).toMatchObject([
      { code: 'undecryptable' },
    ]);
  });
});
