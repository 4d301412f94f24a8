import { MessageType } from './message-type.ts';
import { WireError } from './wire-problem.ts';

/** More than this, and memberlist before 0.3.2 misreads the compound. */
export const MAX_COMPOUND_PARTS = 127;
/** What a compound adds to a packet, and what each of its parts adds, in bytes. */
export const COMPOUND_OVERHEAD_BYTES = 2;
export const PART_OVERHEAD_BYTES = 2;

/**
 * Packs encoded messages into one.
 * @throws RangeError for more than 127 parts, or a part of 0 or more than 65,535 bytes.
 */
export function encodeCompound(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length > MAX_COMPOUND_PARTS) {
    throw new RangeError(`${parts.length} parts, a compound holds at most ${MAX_COMPOUND_PARTS}`);
  }
  const lengths = Buffer.alloc(COMPOUND_OVERHEAD_BYTES + PART_OVERHEAD_BYTES * parts.length);
  lengths[0] = MessageType.compound;
  lengths[1] = parts.length;
  let offset = COMPOUND_OVERHEAD_BYTES;
  for (const part of parts) {
    if (part.length === 0) throw new RangeError('an empty part in a compound');
    offset = lengths.writeUInt16BE(part.length, offset);
  }
  return Buffer.concat([lengths, ...parts]);
}

/** The complete parts of a compound, and what is wrong with the rest. */
export function splitCompound(compound: Uint8Array): {
  readonly parts: readonly Uint8Array[];
  readonly problem?: WireError;
} {
  const count = compound[1];
  const table = new DataView(compound.buffer, compound.byteOffset, compound.length);
  let offset = COMPOUND_OVERHEAD_BYTES + PART_OVERHEAD_BYTES * (count ?? 0);
  if (count === undefined || compound.length < offset) {
    return { parts: [], problem: new WireError('truncated', 'a compound ends within its lengths') };
  }
  const parts: Uint8Array[] = [];
  for (let index = 0; index < count; index += 1) {
    const length = table.getUint16(COMPOUND_OVERHEAD_BYTES + PART_OVERHEAD_BYTES * index);
    if (offset + length > compound.length) {
      const problem = `a compound lacks ${count - index} of its ${count} parts`;
      return { parts, problem: new WireError('truncated', problem) };
    }
    parts.push(compound.subarray(offset, offset + length));
    offset += length;
  }
  return { parts };
}
