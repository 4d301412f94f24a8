import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compress } from '../../../../src/gossip/wire/compression.ts';
import { addCrc } from '../../../../src/gossip/wire/crc.ts';
import { encrypt } from '../../../../src/gossip/wire/encryption.ts';
import { decodePacket } from '../../../../src/gossip/wire/packet-decode.ts';
import { StreamDecoder, type StreamResult } from '../../../../src/gossip/wire/stream-decode.ts';
import { fromHex, testKeyring, vectors } from './vectors.ts';

/** Enough for a slow machine, far too little for anything that grows with a claimed length. */
const MAX_MS = 1000;
const keyring = testKeyring(32, 16);
const corpus = [...vectors.messages, ...vectors.label_and_stream_encryption, ...vectors.captures]
  .map(({ hex }) => fromHex(hex))
  .filter((bytes) => bytes.length > 0);

type Mutation = { readonly at: number; readonly value: number; readonly kind: number };

/** Overwrites, inserts, deletes or repeats bytes. */
function mutate(bytes: Uint8Array, mutations: readonly Mutation[]): Uint8Array {
  let result = Buffer.from(bytes);
  for (const { at, value, kind } of mutations) {
    const place = result.length === 0 ? 0 : at % result.length;
    const [head, tail] = [result.subarray(0, place), result.subarray(place)];
    if (kind === 0) result = Buffer.concat([head, Uint8Array.of(value), tail.subarray(1)]);
    else if (kind === 1) result = Buffer.concat([head, Uint8Array.of(value), tail]);
    else if (kind === 2) result = Buffer.concat([head, tail.subarray(1 + (value % 8))]);
    else result = Buffer.concat([head, tail, tail.subarray(0, value)]);
  }
  return result;
}

const mutations = fc.array(fc.record({ at: fc.nat(3000), value: fc.nat(255), kind: fc.nat(3) }), {
  minLength: 1,
  maxLength: 6,
});
const mutated = fc
  .tuple(fc.constantFrom(...corpus), mutations)
  .map(([bytes, changes]) => mutate(bytes, changes));
const noise = fc.uint8Array({ maxLength: 600 });
const typedNoise = fc
  .tuple(fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 244), noise)
  .map(([type, rest]) => Uint8Array.of(type, ...rest));
/** Noise behind layers that verify, so that it reaches the inner decoders. */
const wrapped = fc
  .tuple(fc.oneof(typedNoise, mutated), fc.array(fc.nat(1), { maxLength: 4 }))
  .map(([inner, layers]) =>
    layers.reduce<Uint8Array>(
      (body, layer) => (layer === 0 ? addCrc(body) : compress(body)),
      inner,
    ),
  );
const hostile = fc.oneof(noise, typedNoise, mutated, wrapped);

function checkPacket(bytes: Uint8Array): void {
  const before = Buffer.from(bytes);
  for (const options of [{}, { keyring }, { keyring, acceptPlaintext: true }, { label: 'lbl' }]) {
    const { problems } = decodePacket(bytes, options);
    expect(problems.filter(({ code }) => code === 'internal')).toEqual([]);
  }
  expect(before.equals(bytes)).toBe(true);
}

function checkStream(bytes: Uint8Array, cut: number): void {
  for (const role of ['dialler', 'acceptor'] as const) {
    for (const options of [{}, { keyring }, { keyring, acceptPlaintext: true }, { label: 'lbl' }]) {
      const decoder = new StreamDecoder({ role, ...options });
      decoder.push(bytes.subarray(0, cut));
      const pieces = settled(decoder, bytes.subarray(cut));
      expect(pieces.kind === 'problem' ? pieces.problem.code : '').not.toBe('internal');
      // The pieces in which input comes must not change what is made of it.
      const whole = settled(new StreamDecoder({ role, ...options }), bytes);
      expect(pieces).toEqual(whole);
    }
  }
}

function settled(decoder: StreamDecoder, bytes: Uint8Array): StreamResult {
  decoder.push(bytes);
  return decoder.end();
}

function timed(run: () => void): number {
  const started = performance.now();
  run();
  return performance.now() - started;
}

describe('arbitrary input', () => {
  test('packets', () => {
    fc.assert(fc.property(hostile, checkPacket), { seed: 4, numRuns: 4000 });
  });

  test('streams', () => {
    const property = fc.property(hostile, fc.nat(600), checkStream);
    fc.assert(property, { seed: 5, numRuns: 1500 });
  });

  test('noise that decrypts', () => {
    const property = fc.property(
      fc.oneof(typedNoise, mutated),
      fc.constantFrom(0, 1),
      (body, v) => {
        const version = v === 0 ? 0 : 1;
        const blob = encrypt(body, { keyring, aad: new Uint8Array(), version });
        const { problems } = decodePacket(blob, { keyring });
        expect(problems.map(({ code }) => code)).not.toContain('internal');
        expect(problems.map(({ code }) => code)).not.toContain('undecryptable');
      },
    );
    fc.assert(property, { seed: 6, numRuns: 500 });
  });

  test('every vector cut short at every place', () => {
    for (const bytes of corpus.filter(({ length }) => length < 400)) {
      for (let length = 0; length < bytes.length; length += 1) {
        checkPacket(bytes.subarray(0, length));
        checkStream(bytes.subarray(0, length), length >> 1);
      }
    }
  });
});

describe('hostile lengths', () => {
  /** Type bytes and headers that promise up to 4 GiB, or 2^32 values. */
  const promises = [
    '0484a44e6f6465dbffffffff61',
    '04dfffffffff',
    '00ddffffffff',
    '0082a178dfffffffffa178',
    `0082a178${'dd0000ffff'.repeat(200)}`,
    `0082a178${'91'.repeat(60_000)}`,
    `00dcffff${'c0'.repeat(60_000)}`,
    `0481a44d657461ddffffffff${'00'.repeat(60_000)}`,
    '0982a4416c676f00a3427566dbffffffff00',
    '0683a44a6f696ec3a54e6f646573ceffffffffac5573657253746174654c656ece00000000',
    '0683a44a6f696ec3a54e6f64657301ac5573657253746174654c656eceffffffff',
    '0681a54e6f646573cf7fffffffffffffff',
    '0881aa557365724d73674c656eceffffffff',
    '0881aa557365724d73674c656ed3ffffffffffffffff',
    '0affffffff',
    '0a0140000101',
    `07ff${'ffff'.repeat(255)}`,
    `07ff${'0001'.repeat(255)}${'07'.repeat(255)}`,
  ];

  test.each(promises.map((hex) => [hex.slice(0, 40), hex]))(
    '%s… is refused at little cost',
    (_, hex) => {
      const input = fromHex(hex);
      const elapsedMs = timed(() => {
        // In a packet, what follows the type of a user message is its body, whatever it says.
        if (input[0] !== 8) expect(decodePacket(input).problems).not.toEqual([]);
        for (const options of [{}, { keyring }]) {
          const result = settled(new StreamDecoder({ role: 'acceptor', ...options }), input);
          expect(result.kind).toBe('problem');
        }
      });
      expect(elapsedMs).toBeLessThan(MAX_MS);
    },
  );

  test('a compression bomb in each part of a compound costs one allowance', () => {
    const bomb = compress(new Uint8Array(250_000).fill(8));
    const parts = Array.from({ length: 200 }, () => bomb);
    const lengths = parts.flatMap(({ length }) => [length >> 8, length & 0xff]);
    const packet = Buffer.concat([Uint8Array.of(7, parts.length, ...lengths), ...parts]);
    let decoded = decodePacket(packet);
    const elapsedMs = timed(() => {
      decoded = decodePacket(packet);
    });
    expect(decoded.messages).toHaveLength(1);
    expect(decoded.problems.map(({ code }) => code)).toContain('too-large');
    expect(decoded.problems.length).toBeLessThanOrEqual(16);
    expect(elapsedMs).toBeLessThan(MAX_MS);
  });

  test('a compression bomb on a stream stops at its limit', () => {
    const bomb = compress(new Uint8Array(2_000_000));
    const decoder = new StreamDecoder({
      role: 'acceptor',
      limits: { streamInflatedBytes: 1_000_000 },
    });
    expect(decoder.push(bomb)).toMatchObject({ problem: { code: 'too-large' } });
  });

  test('nesting stops at its limit', () => {
    let body: Uint8Array = fromHex('0b81a55365714e6f2a');
    for (let layer = 0; layer < 8; layer += 1) body = compress(body);
    expect(decodePacket(body).messages).toHaveLength(1);
    expect(decodePacket(compress(body))).toMatchObject({
      messages: [],
      problems: [{ code: 'too-deep' }],
    });
  });

  test('messages beyond the count are left out', () => {
    const parts = Array.from({ length: 250 }, () => [8]).flat();
    const compound = Uint8Array.of(7, 250, ...Array(250).fill([0, 1]).flat(), ...parts);
    const limited = decodePacket(compound, { limits: { packetMessages: 100 } });
    expect(limited.messages).toHaveLength(100);
    expect(limited.problems[0]).toMatchObject({ code: 'too-large' });
  });

  test('a push/pull of records that say nothing keeps none of them', () => {
    const header = fromHex('0681a54e6f646573ce00010000');
    const bytes = Buffer.concat([header, Buffer.alloc(65_536, 0xc0)]);
    const elapsedMs = timed(() => {
      const result = new StreamDecoder({ role: 'acceptor' }).push(bytes);
      if (result.kind !== 'message') throw new Error(JSON.stringify(result));
      expect(result.message).toMatchObject({ type: 'pushPull', nodes: [] });
      expect(result.problems).toHaveLength(16);
    });
    expect(elapsedMs).toBeLessThan(MAX_MS);
  });

  test('a sender of single bytes costs no more than its bytes', () => {
    const promise = fromHex('0681a54e6f64657301');
    const nested = Buffer.concat([promise, fromHex('81a178'), Buffer.alloc(1100, 0x91)]);
    const decoder = new StreamDecoder({ role: 'acceptor' });
    const elapsedMs = timed(() => {
      for (const byte of nested) decoder.push(Uint8Array.of(byte));
    });
    expect(decoder.end()).toMatchObject({ problem: { code: 'too-large' } });
    expect(elapsedMs).toBeLessThan(MAX_MS);
  });

  test('a promise of much memory is not taken for it', () => {
    const header = fromHex('0a00a00000');
    const before = process.memoryUsage().arrayBuffers;
    const decoders = Array.from({ length: 100 }, () => {
      const decoder = new StreamDecoder({ role: 'acceptor', keyring });
      expect(decoder.push(header)).toEqual({ kind: 'more' });
      return decoder;
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10 * 1024 * 1024);
    expect(decoders).toHaveLength(100);
  });
});
