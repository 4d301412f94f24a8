import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type PackOptions, packSnapshot } from '../../../../src/snapshots/formats/pack-snapshot.ts';
import { keyFromCaKey, SnapshotKey } from '../../../../src/snapshots/formats/snapshot-key.ts';

export { databaseOf, metaPages } from './databases.ts';

const fixtures = new URL('../../../fixtures/e2d-go-snapshots/', import.meta.url);

export const goKey = async () => keyFromCaKey(await goFile('ca-key.der'));
export const keyOf = (fill: number) => new SnapshotKey(Buffer.alloc(32, fill));

export function goFile(name: string): Promise<Buffer> {
  return readFile(new URL(name, fixtures));
}

/** The pairs that a snapshot of the first e2d holds. */
export async function goPairs(name: string): Promise<string[][]> {
  const text = (await goFile(`${name}.keys`)).toString('utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
}

/** A temporary folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'e2d-formats-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function* chunksOf(
  bytes: Uint8Array,
  sizes: readonly number[] = [65_536],
): AsyncGenerator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

export async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts);
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What etcd puts behind a database. */
export function withTrailer(database: Uint8Array): Buffer {
  return Buffer.concat([database, createHash('sha256').update(database).digest()]);
}

/** What is stored of `content`. */
export async function packed(
  content: Uint8Array,
  options: Pick<PackOptions, 'compression' | 'key'>,
  sizes?: readonly number[],
) {
  const pack = packSnapshot(chunksOf(content, sizes), {
    ...options,
    contentBytes: content.length,
  });
  const stored = await joined(pack.stored);
  return { stored, summary: pack.summary() };
}
