/** Keys from `key` up to `end`, itself apart. */
export interface KeyRange {
  readonly key: Buffer;
  readonly end: Buffer;
}

/**
 * All keys that begin with a prefix: up to the prefix with its last byte counted up. A last byte of
 * 255 cannot be counted up, so the one before it is; where none can, the range has no end.
 */
export function prefixRange(prefix: string): KeyRange {
  const key = Buffer.from(prefix);
  let last = key.length - 1;
  while (last >= 0 && key[last] === 0xff) last -= 1;
  if (last < 0) return { key, end: Buffer.from([0]) };
  const end = Buffer.from(key.subarray(0, last + 1));
  end.writeUInt8(end.readUInt8(last) + 1, last);
  return { key, end };
}

/** Whether two ranges have a key in common. */
export function overlap(a: KeyRange, b: KeyRange): boolean {
  return begins(a, b) && begins(b, a);
}

function begins(a: KeyRange, b: KeyRange): boolean {
  const isOpen = b.end.length === 1 && b.end[0] === 0;
  return isOpen || Buffer.compare(a.key, b.end) < 0;
}
