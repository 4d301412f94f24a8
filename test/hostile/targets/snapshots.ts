import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readBoltFile } from '../../../src/etcd/data-dir/bolt-file.ts';
import type { SeededRandom } from '../../../src/simulation/seeded-random.ts';
import { encrypt } from '../../../src/snapshots/formats/encryption.ts';
import { gunzip } from '../../../src/snapshots/formats/gunzip.ts';
import {
  keyFromCaKey,
  keyFromFile,
  SnapshotKey,
} from '../../../src/snapshots/formats/snapshot-key.ts';
import { unpackSnapshot } from '../../../src/snapshots/formats/unpack-snapshot.ts';
import { databaseOf } from '../../unit/snapshots/formats/databases.ts';
import type { Target } from '../fuzz.ts';

const fixture = (name: string) =>
  readFileSync(new URL(`../../fixtures/e2d-go-snapshots/${name}`, import.meta.url));
const caKey = fixture('ca-key.der');
const key = keyFromCaKey(caKey);
const database = databaseOf(4);
const trailed = Buffer.concat([database, createHash('sha256').update(database).digest()]);
const maxContentBytes = 2 ** 20;

async function* pieces(bytes: Uint8Array, random: SeededRandom): AsyncGenerator<Uint8Array> {
  const size = random.pick([1, 13, 4096, 2 ** 20]);
  for (let at = 0; at < bytes.length; at += Math.max(size, bytes.length >> 8)) {
    yield bytes.subarray(at, at + Math.max(size, bytes.length >> 8));
  }
}

async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const encrypted = await joined(encrypt(whole(trailed), { key, plainBytes: trailed.length }));
/** A thousand bytes of it are a megabyte. */
const bomb = gzipSync(Buffer.concat([database, Buffer.alloc(64 * 2 ** 20)]), { level: 9 });
const stored = [
  ...[gzipSync(trailed), gzipSync(database, { level: 0 }), encrypted, gzipSync(encrypted)],
  ...[database, trailed, bomb, fixture('gzip'), fixture('encrypted'), fixture('plain')],
];

/** The layer that an input is changed in; then those around it are put on. */
async function layered(input: Uint8Array, random: SeededRandom): Promise<Uint8Array> {
  switch (random.integer(0, 5)) {
    case 0:
      return gzipSync(input);
    case 1:
      return gzipSync(await joined(encrypt(whole(input), { key, plainBytes: input.length })));
    case 2:
      return joined(encrypt(whole(input), { key, plainBytes: input.length }));
    default:
      return input;
  }
}

function snapshots(): Target {
  let folder: string | null = null;
  return {
    name: 'snapshots',
    corpus: stored,
    words: ['ENCRYPTED:', Buffer.from('1f8b0800000000000003', 'hex'), Buffer.alloc(10, 0xff)],
    secrets: [key.bytes.toString('hex'), key.bytes.toString('base64')],
    maxMs: 1000,
    async feed(input, random) {
      folder ??= mkdtempSync(join(tmpdir(), 'e2d-fuzz-'));
      const to = join(folder, 'db');
      const keys = random.pick([[key], [new SnapshotKey(Buffer.alloc(32, 1)), key], []]);
      const trailing = random.chance(0.5) ? 'refuse' : 'ignore';
      const signal = new AbortController().signal;
      const source = pieces(await layered(input, random), random);
      const unpacking = unpackSnapshot(source, { to, keys, trailing, signal, maxContentBytes });
      const [unpacked] = await Promise.allSettled([unpacking]);
      const left = (await readdir(folder)).join();
      const expected = unpacked.status === 'fulfilled' ? 'db' : '';
      if (left !== expected) throw new Error(`it left ${left}`);
      await rm(to, { force: true });
      if (unpacked.status === 'rejected') throw unpacked.reason;
    },
    async close() {
      if (folder !== null) await rm(folder, { recursive: true, force: true });
      folder = null;
    },
  };
}

const gzip: Target = {
  name: 'gzip streams',
  corpus: stored.filter((one) => one[0] === 0x1f && one.length < 100_000),
  async feed(input, random) {
    const trailing = random.chance(0.5) ? 'refuse' : 'ignore';
    let bytes = 0;
    for await (const chunk of gunzip(pieces(input, random), { trailing })) {
      bytes += chunk.length;
      if (chunk.length > 2 ** 20) throw new Error(`a chunk of ${chunk.length} bytes`);
      if (bytes > 4 * 2 ** 20) return;
    }
  },
};

function boltFiles(): Target {
  let folder: string | null = null;
  const fnv = (bytes: Buffer) =>
    bytes.reduce(
      (hash, byte) => BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n),
      0xcbf29ce484222325n,
    );
  return {
    name: 'databases',
    corpus: [database, databaseOf(2)],
    async feed(input, random) {
      folder ??= mkdtempSync(join(tmpdir(), 'e2d-fuzz-'));
      const bytes = Buffer.from(input);
      if (bytes.length > 4180 && random.chance(0.8)) {
        // The checksum of a page is no secret: whoever changes the page puts it right.
        for (const at of [16, 4096 + 16]) {
          if (random.chance(0.7)) {
            const field = random.pick([8, 16, 40, 48]);
            const value = random.pick([
              0n,
              1n,
              2n ** 20n,
              2n ** 32n - 1n,
              2n ** 52n,
              2n ** 64n - 1n,
            ]);
            if (field === 8) bytes.writeUInt32LE(Number(BigInt.asUintN(32, value)), at + field);
            else bytes.writeBigUInt64LE(value, at + field);
          }
          bytes.writeBigUInt64LE(fnv(bytes.subarray(at, at + 56)), at + 56);
        }
      }
      await writeFile(join(folder, 'db'), bytes);
      const before = process.memoryUsage().arrayBuffers;
      await readBoltFile(join(folder, 'db'));
      const grown = process.memoryUsage().arrayBuffers - before;
      if (grown > 16 * 2 ** 20) throw new Error(`it took ${grown} bytes of memory`);
    },
    async close() {
      if (folder !== null) await rm(folder, { recursive: true, force: true });
      folder = null;
    },
  };
}

function keyFiles(): Target {
  let folder: string | null = null;
  const text = key.bytes.toString('hex');
  return {
    name: 'snapshot keys',
    corpus: [caKey, key.bytes, text, `${key.bytes.toString('base64')}\n`, pem],
    secrets: [text, key.bytes.toString('base64')],
    async feed(input, random) {
      folder ??= mkdtempSync(join(tmpdir(), 'e2d-fuzz-'));
      await writeFile(join(folder, 'key'), input);
      // Each file is good for one of them at most.
      if (random.chance(0.5)) await keyFromFile(join(folder, 'key'));
      else keyFromCaKey(input);
    },
    async close() {
      if (folder !== null) await rm(folder, { recursive: true, force: true });
      folder = null;
    },
  };
}

const pem = [
  '-----BEGIN RSA PRIVATE KEY-----',
  ...(caKey.toString('base64').match(/.{1,64}/g) ?? []),
  '-----END RSA PRIVATE KEY-----',
].join('\n');

export const snapshotTargets: readonly Target[] = [snapshots(), gzip, boltFiles(), keyFiles()];
