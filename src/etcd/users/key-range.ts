/** Keys from `key` up to `end`, itself apart. */
export interface KeyRange {
  readonly key: Buffer;
  readonly end: Buffer;
}

/**
 * All keys that begin with a prefix: up to the prefix with its last byte counted up, which is never
 * 255 in UTF-8. An empty prefix stands for every key.
 */
export function prefixRange(prefix: string): KeyRange {
  const key = Buffer.from(prefix);
  // What etcd takes for no end.
  if (key.length === 0) return { key, end: Buffer.from([0]) };
  const end = Buffer.from(key);
  end.writeUInt8(end.readUInt8(end.length - 1) + 1, end.length - 1);
  return { key, end };
}

/** Whether there are keys that begin with both. */
export function haveKeysInCommon(prefix: string, other: string): boolean {
  return prefix.startsWith(other) || other.startsWith(prefix);
}
