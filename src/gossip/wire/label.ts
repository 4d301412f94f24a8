import { MessageType } from './message-type.ts';
import { WireError } from './wire-problem.ts';

const HEADER_BYTES = 2;
const MAX_LABEL_BYTES = 255;
const NO_BYTES = new Uint8Array();

/** @throws RangeError when the label is longer than 255 bytes. */
export function labelBytes(label: string | undefined): Uint8Array {
  if (label === undefined || label === '') return NO_BYTES;
  const bytes = Buffer.from(label);
  if (bytes.length <= MAX_LABEL_BYTES) return bytes;
  throw new RangeError(`a gossip label has at most 255 bytes, this one has ${bytes.length}`);
}

/** What a label adds to a packet, in bytes. */
export function labelOverhead(label: string | undefined): number {
  const { length } = labelBytes(label);
  return length === 0 ? 0 : HEADER_BYTES + length;
}

export function addLabel(body: Uint8Array, label: Uint8Array): Uint8Array {
  if (label.length === 0) return body;
  const framed = new Uint8Array(HEADER_BYTES + label.length + body.length);
  framed.set([MessageType.label, label.length]);
  framed.set(label, HEADER_BYTES);
  framed.set(body, HEADER_BYTES + label.length);
  return framed;
}

/**
 * Checks that `bytes` carry exactly our label and returns the length of its header.
 * @throws WireError `truncated` while the header is incomplete, `label-mismatch`.
 */
export function labelHeaderLength(bytes: Uint8Array, own: Uint8Array): number {
  if (bytes[0] !== MessageType.label) {
    if (bytes.length === 0) throw new WireError('truncated', 'nothing received', 1);
    if (own.length === 0) return 0;
    throw new WireError('label-mismatch', 'the label of our pool is missing');
  }
  const length = bytes[1];
  if (length === undefined) throw new WireError('truncated', 'label header is incomplete', 2);
  if (length === 0) throw new WireError('malformed', 'a label header with an empty label');
  const end = HEADER_BYTES + length;
  if (bytes.length < end) throw new WireError('truncated', 'label header is incomplete', end);
  if (Buffer.compare(bytes.subarray(HEADER_BYTES, end), own) === 0) return end;
  throw new WireError('label-mismatch', 'the label is not that of our pool');
}
