import type { FileHandle } from 'node:fs/promises';

/** etcd keeps its database in a file of bbolt: a meta page at the start of each of two pages. */
const pageHeaderBytes = 16;
const magic = 0xed0cdaed;
const version = 2;
const metaBytes = 64;
const pageSizes: readonly number[] = [1, 2, 4, 8, 16, 32, 64].map((kib) => kib * 1024);

/** How much of a file `beginsAsBolt` looks at. */
export const boltStartBytes = 28;

/** Whether a file that begins so can be a database of bbolt. */
export function beginsAsBolt(start: Uint8Array): boolean {
  if (start.length < boltStartBytes) return false;
  const view = new DataView(start.buffer, start.byteOffset + pageHeaderBytes);
  const pageSize = view.getUint32(8, true);
  return (
    view.getUint32(0, true) === magic &&
    view.getUint32(4, true) === version &&
    pageSizes.includes(pageSize)
  );
}

/**
 * How many bytes a database of bbolt needs to be whole, by the latest meta page that is sound; null
 * where neither is.
 */
export async function boltBytes(file: FileHandle): Promise<number | null> {
  const first = await pageStart(file, 0);
  if (!beginsAsBolt(first)) return null;
  const pageSize = first.readUInt32LE(pageHeaderBytes + 8);
  const metas = [first, await pageStart(file, pageSize)].map(readMeta);
  const sound = metas.filter((meta) => meta !== null);
  const latest = sound.sort((a, b) => (a.transaction < b.transaction ? 1 : -1))[0];
  return latest === undefined ? null : Number(latest.pages) * pageSize;
}

interface Meta {
  /** One more than the highest page in use. */
  readonly pages: bigint;
  readonly transaction: bigint;
}

function readMeta(start: Buffer): Meta | null {
  if (start.length < pageHeaderBytes + metaBytes || !beginsAsBolt(start)) return null;
  const meta = start.subarray(pageHeaderBytes);
  if (meta.readBigUInt64LE(56) !== fnv1a(meta.subarray(0, 56))) return null;
  return { pages: meta.readBigUInt64LE(40), transaction: meta.readBigUInt64LE(48) };
}

async function pageStart(file: FileHandle, position: number): Promise<Buffer> {
  const start = Buffer.alloc(pageHeaderBytes + metaBytes);
  const { bytesRead } = await file.read(start, 0, start.length, position);
  return start.subarray(0, bytesRead);
}

function fnv1a(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}
