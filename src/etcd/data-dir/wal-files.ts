import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const walName = /^[0-9a-f]{16}-[0-9a-f]{16}\.wal$/;
const firstWalName = `${'0'.repeat(16)}-${'0'.repeat(16)}.wal`;
/** Record types of etcd's write-ahead log (field 1 of each record). */
const recordTypes = { entry: 2, state: 3, crc: 4 } as const;
const frameHeaderBytes = 8;

export type WalFiles =
  | { readonly kind: 'missing' }
  | { readonly kind: 'damaged'; readonly problem: string }
  /** Made, but not one entry or vote was ever written: nothing was acknowledged from here. */
  | { readonly kind: 'unused' }
  | { readonly kind: 'used' };

/**
 * Looks at the write-ahead log in `<member>/wal`: its newest file, and whether it holds anything.
 */
export async function readWalFiles(directory: string): Promise<WalFiles> {
  let names: readonly string[];
  try {
    names = (await readdir(directory)).filter((name) => walName.test(name)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'missing' };
    throw error;
  }
  const newest = names.at(-1);
  if (newest === undefined) return { kind: 'missing' };
  const file = await open(join(directory, newest), 'r');
  try {
    const { size } = await file.stat();
    if (size === 0) return { kind: 'damaged', problem: `${newest} is empty` };
    if ((await recordTypeAt(file, 0))?.type !== recordTypes.crc) {
      return { kind: 'damaged', problem: `${newest} does not begin like a write-ahead log` };
    }
    return { kind: newest === firstWalName && (await holdsNothing(file)) ? 'unused' : 'used' };
  } finally {
    await file.close();
  }
}

/** Only the first records matter: a log that is in use has an entry or a state among them. */
async function holdsNothing(file: FileHandle): Promise<boolean> {
  let offset = 0;
  for (let records = 0; records < 16; records += 1) {
    const record = await recordTypeAt(file, offset);
    if (record === null) return true;
    if (record.type === recordTypes.entry || record.type === recordTypes.state) return false;
    offset = record.nextOffset;
  }
  return false;
}

/** Null at the end of what was written: the rest of the preallocated file is zeros. */
async function recordTypeAt(
  file: FileHandle,
  offset: number,
): Promise<{ readonly type: number; readonly nextOffset: number } | null> {
  const head = Buffer.alloc(frameHeaderBytes + 2);
  const { bytesRead } = await file.read(head, 0, head.length, offset);
  if (bytesRead < head.length) return null;
  const frame = head.readBigInt64LE(0);
  if (frame === 0n) return null;
  const recordBytes = Number(BigInt.asUintN(56, frame));
  const paddingBytes = frame < 0n ? Number((BigInt.asUintN(64, frame) >> 56n) & 0x7n) : 0;
  const type = head[frameHeaderBytes] === 0x08 ? (head[frameHeaderBytes + 1] ?? 0) : 0;
  return { type, nextOffset: offset + frameHeaderBytes + recordBytes + paddingBytes };
}
