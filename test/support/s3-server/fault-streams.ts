import { setTimeout as pause } from 'node:timers/promises';
import type { Fault } from './faults.ts';

/** Thrown where the connection breaks: there is no answer to it. */
export class ConnectionCut extends Error {
  readonly gracefully: boolean;

  constructor(gracefully: boolean) {
    super('the connection is cut');
    this.gracefully = gracefully;
  }
}

async function* cutAfter(
  body: AsyncIterable<Buffer>,
  bytes: number,
  gracefully: boolean,
): AsyncGenerator<Buffer> {
  let left = bytes;
  for await (const piece of body) {
    if (piece.length >= left) {
      yield piece.subarray(0, left);
      throw new ConnectionCut(gracefully);
    }
    left -= piece.length;
    yield piece;
  }
}

async function* slowed(
  body: AsyncIterable<Buffer>,
  bytesPerSecond: number,
): AsyncGenerator<Buffer> {
  const step = Math.max(1, Math.ceil(bytesPerSecond / 20));
  for await (const piece of body) {
    for (let at = 0; at < piece.length; at += step) {
      const slice = piece.subarray(at, at + step);
      await pause((slice.length / bytesPerSecond) * 1000);
      yield slice;
    }
  }
}

async function* flipped(
  body: AsyncIterable<Buffer>,
  at: number,
  start: number,
): AsyncGenerator<Buffer> {
  let offset = start;
  for await (const piece of body) {
    const inside = at - offset;
    offset += piece.length;
    if (inside < 0 || inside >= piece.length) {
      yield piece;
      continue;
    }
    const copy = Buffer.from(piece);
    copy.writeUInt8(copy.readUInt8(inside) ^ 1, inside);
    yield copy;
  }
}

export function faultyUpload(body: AsyncIterable<Buffer>, fault: Fault): AsyncIterable<Buffer> {
  let stream = body;
  if (fault.bytesPerSecond !== undefined) stream = slowed(stream, fault.bytesPerSecond);
  if (fault.cutUploadAfterBytes !== undefined) {
    stream = cutAfter(stream, fault.cutUploadAfterBytes, false);
  }
  return stream;
}

/** `start` is where in the object the body begins. */
export function faultyDownload(
  body: AsyncIterable<Buffer>,
  fault: Fault,
  start: number,
): AsyncIterable<Buffer> {
  let stream = body;
  if (fault.flipByteAt !== undefined) stream = flipped(stream, fault.flipByteAt, start);
  if (fault.bytesPerSecond !== undefined) stream = slowed(stream, fault.bytesPerSecond);
  if (fault.cutDownloadAfterBytes !== undefined) {
    stream = cutAfter(stream, fault.cutDownloadAfterBytes, false);
  }
  if (fault.endDownloadAfterBytes !== undefined) {
    stream = cutAfter(stream, fault.endDownloadAfterBytes, true);
  }
  return stream;
}
