import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { MemberId } from '../../../machines/facts.ts';
import { E2dError, textOf } from '../../errors/e2d-error.ts';
import { surveyDataDir } from '../data-dir/own-data.ts';

/** Who a member will be that starts from a restored data dir. */
export interface RestoredMember {
  readonly memberId: MemberId;
  /** The same on each node that restored with the same initial cluster and token. */
  readonly clusterId: string;
}

const frameHeaderBytes = 8;
const metadataRecord = 1;
/** The metadata is the second record of the log, some forty bytes in. */
const headBytes = 512;

/**
 * Checks a restored data dir before it is moved into place: database and log are there and begin
 * as they must. Throws `E2D_RESTORE_FAILED` otherwise.
 */
export async function readRestored(dataDir: string): Promise<RestoredMember> {
  const { data } = await surveyDataDir(dataDir);
  if (data.kind === 'unreadable') throw notWhole(dataDir, data.problem);
  if (data.kind !== 'readable') throw notWhole(dataDir, 'it holds no data of a member');
  try {
    return readMetadata(await readLogHead(join(dataDir, 'member', 'wal')));
  } catch (cause) {
    throw notWhole(dataDir, textOf(cause), cause);
  }
}

function notWhole(dataDir: string, problem: string, cause?: unknown): E2dError {
  return new E2dError(`${dataDir} is not a restored data dir: ${problem}.`, {
    code: 'E2D_RESTORE_FAILED',
    remedy: 'Restore the snapshot again.',
    cause,
  });
}

async function readLogHead(directory: string): Promise<Buffer> {
  const [first] = (await readdir(directory)).filter((name) => name.endsWith('.wal')).sort();
  if (first === undefined) throw new Error('it has no log');
  const file = await open(join(directory, first), 'r');
  try {
    const head = Buffer.alloc(headBytes);
    const { bytesRead } = await file.read(head, 0, headBytes, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** etcd's log: frames of a length and a record {type = 1, crc = 2, data = 3}, in protobuf. */
export function readMetadata(head: Buffer): RestoredMember {
  let offset = 0;
  while (offset + frameHeaderBytes <= head.length) {
    const frame = head.readBigUInt64LE(offset);
    if (frame === 0n) break;
    const bytes = Number(BigInt.asUintN(56, frame));
    const padding = frame >> 63n === 1n ? Number((frame >> 56n) & 7n) : 0;
    const start = offset + frameHeaderBytes;
    if (start + bytes > head.length) break;
    const record = readFields(head.subarray(start, start + bytes));
    const data = record.get(3);
    if (record.get(1) === BigInt(metadataRecord) && Buffer.isBuffer(data)) return idsOf(data);
    offset = start + bytes + padding;
  }
  throw new Error('its log does not say whose it is');
}

/** Metadata {NodeID = 1, ClusterID = 2}. */
function idsOf(metadata: Buffer): RestoredMember {
  const fields = readFields(metadata);
  const [node, cluster] = [fields.get(1), fields.get(2)];
  if (typeof node !== 'bigint' || typeof cluster !== 'bigint') {
    throw new Error('its log does not name its member and cluster');
  }
  return { memberId: node.toString(16), clusterId: cluster.toString(16) };
}

/** Numbers and byte strings by field; these are all that the records above consist of. */
function readFields(message: Buffer): Map<number, bigint | Buffer> {
  const fields = new Map<number, bigint | Buffer>();
  let offset = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message.readUInt8(offset++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new Error('its log holds a number that is too long');
  };
  while (offset < message.length) {
    const tag = Number(varint());
    if ((tag & 7) === 0) fields.set(tag >> 3, varint());
    else if ((tag & 7) === 2) {
      const length = Number(varint());
      if (offset + length > message.length) throw new Error('its log holds a record cut short');
      fields.set(tag >> 3, message.subarray(offset, offset + length));
      offset += length;
    } else throw new Error('its log holds a record of an unknown kind');
  }
  return fields;
}
