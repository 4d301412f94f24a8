import { untilAborted } from './retry.ts';

/** The smallest that S3 takes; two of them are all that an upload holds in memory. */
const PART_BYTES = 5 * 1024 * 1024;
const FIRST_BUFFER_BYTES = 64 * 1024;
/** Of equal size, before it doubles: 10,000 parts, the most there can be, make up 302 GiB. */
const EQUAL_PARTS = 2_000;

export interface Part {
  /** From 1 on. */
  readonly number: number;
  /** Valid until the part after the next is asked for: two buffers take turns. */
  readonly bytes: Buffer;
  readonly isLast: boolean;
}

export function partBytesOf(number: number): number {
  return PART_BYTES * 2 ** Math.floor((number - 1) / EQUAL_PARTS);
}

/** A first part grows as it must, so that a small body takes little; others are full but once. */
function withRoom(buffer: Buffer, neededBytes: number, number: number): Buffer {
  if (buffer.length >= neededBytes) return buffer;
  const mostBytes = partBytesOf(number);
  let size = number > 1 ? mostBytes : Math.max(buffer.length, FIRST_BUFFER_BYTES);
  while (size < neededBytes) size *= 4;
  const larger = Buffer.allocUnsafeSlow(Math.min(size, mostBytes));
  buffer.copy(larger);
  return larger;
}

/** Cuts a body into parts; there is always one, which may be empty. */
export async function* cutIntoParts(body: AsyncIterable<Uint8Array>): AsyncGenerator<Part> {
  let number = 1;
  let filling: Buffer = Buffer.alloc(0);
  let other: Buffer = Buffer.alloc(0);
  let filledBytes = 0;
  for await (const piece of body) {
    for (let taken = 0; taken < piece.length; ) {
      const partBytes = partBytesOf(number);
      if (filledBytes === partBytes) {
        yield { number, bytes: filling.subarray(0, filledBytes), isLast: false };
        [filling, other] = [other, filling];
        filledBytes = 0;
        number += 1;
        continue;
      }
      const more = piece.subarray(taken, taken + partBytes - filledBytes);
      filling = withRoom(filling, filledBytes + more.length, number);
      filling.set(more, filledBytes);
      filledBytes += more.length;
      taken += more.length;
    }
  }
  yield { number, bytes: filling.subarray(0, filledBytes), isLast: true };
}

/** `body`, which ends with the reason of `signal` even while it waits for a piece. */
export async function* abortable(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const pieces = body[Symbol.asyncIterator]();
  let isDone = false;
  try {
    for (;;) {
      const piece = await untilAborted(pieces.next(), signal);
      isDone = piece.done === true;
      if (piece.done === true) return;
      yield piece.value;
    }
  } finally {
    // One that waits ends when it can. Nobody is left to tell of an error: there was one before.
    if (!isDone) pieces.return?.()?.then(undefined, () => {});
  }
}
