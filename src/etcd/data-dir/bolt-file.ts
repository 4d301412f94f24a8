import { type FileHandle, open } from 'node:fs/promises';

const magic = 0xed0cdaed;
const pageHeaderBytes = 16;
const metaBytes = 64;
const leafPageFlag = 0x02;
const leafElementBytes = 16;
const pageSizes = [4096, 1024, 2048, 8192, 16384, 32768, 65536];

/** What the two meta pages of a bbolt database say, and the buckets at its root. */
export type BoltFile =
  | { readonly kind: 'missing' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'damaged'; readonly problem: string }
  /** `rootBuckets` is null when the root is too large to be that of an unused database. */
  | { readonly kind: 'sound'; readonly rootBuckets: readonly string[] | null };

interface Meta {
  readonly pageSize: number;
  readonly rootPage: number;
  /** Pages in use: the file is never shorter than this many. */
  readonly pageCount: number;
  readonly transaction: bigint;
}

/** Looks at a bbolt file without locking it; a running etcd is not disturbed. */
export async function readBoltFile(path: string): Promise<BoltFile> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'missing' };
    throw error;
  }
  try {
    return await inspect(file);
  } finally {
    await file.close();
  }
}

async function inspect(file: FileHandle): Promise<BoltFile> {
  const { size } = await file.stat();
  if (size === 0) return { kind: 'empty' };
  const meta = await newestMeta(file);
  if (meta === null) {
    return { kind: 'damaged', problem: 'neither of its two headers is that of a database' };
  }
  const leastBytes = meta.pageCount * meta.pageSize;
  if (size < leastBytes) {
    return { kind: 'damaged', problem: `it has ${size} bytes, its header says ${leastBytes}` };
  }
  return { kind: 'sound', rootBuckets: await rootBuckets(file, meta) };
}

async function newestMeta(file: FileHandle): Promise<Meta | null> {
  const first = await metaAt(file, 0);
  for (const pageSize of first === null ? pageSizes : [first.pageSize]) {
    const second = await metaAt(file, pageSize);
    if (second === null) continue;
    return first !== null && first.transaction > second.transaction ? first : second;
  }
  return first;
}

async function metaAt(file: FileHandle, offset: number): Promise<Meta | null> {
  const page = await readAt(file, offset, pageHeaderBytes + metaBytes);
  if (page === null) return null;
  const meta = page.subarray(pageHeaderBytes);
  if (meta.readUInt32LE(0) !== magic || meta.readUInt32LE(4) !== 2) return null;
  if (meta.readBigUInt64LE(56) !== fnv1a(meta.subarray(0, 56))) return null;
  const found = {
    pageSize: meta.readUInt32LE(8),
    rootPage: Number(meta.readBigUInt64LE(16)),
    pageCount: Number(meta.readBigUInt64LE(40)),
    transaction: meta.readBigUInt64LE(48),
  };
  // The checksum is no secret: what it covers may still be anything.
  return pageSizes.includes(found.pageSize) && found.rootPage < found.pageCount ? found : null;
}

/** The names in the root page, when that is a single leaf. */
async function rootBuckets(file: FileHandle, meta: Meta): Promise<readonly string[] | null> {
  const page = await readAt(file, meta.rootPage * meta.pageSize, meta.pageSize);
  if (page === null || (page.readUInt16LE(8) & leafPageFlag) === 0) return null;
  const count = page.readUInt16LE(10);
  const names: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const element = pageHeaderBytes + index * leafElementBytes;
    if (element + leafElementBytes > page.length) return null;
    const start = element + page.readUInt32LE(element + 4);
    const end = start + page.readUInt32LE(element + 8);
    if (end > page.length) return null;
    names.push(page.toString('latin1', start, end));
  }
  return names;
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer | null> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, offset);
  return bytesRead === length ? buffer : null;
}

function fnv1a(bytes: Buffer): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & (2n ** 64n - 1n);
  return hash;
}
