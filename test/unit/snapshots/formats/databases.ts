const pageBytes = 4096;

/** The two meta pages of a bbolt database, for one of so many pages. */
export function metaPages(pages: number): Buffer {
  const bytes = Buffer.alloc(2 * pageBytes);
  for (const [number, transaction] of [7n, 6n].entries()) {
    const page = bytes.subarray(number * pageBytes);
    page.writeBigUInt64LE(BigInt(number), 0);
    page.writeUInt16LE(4, 8);
    const meta = page.subarray(16, 80);
    meta.writeUInt32LE(0xed0cdaed, 0);
    meta.writeUInt32LE(2, 4);
    meta.writeUInt32LE(pageBytes, 8);
    meta.writeBigUInt64LE(3n, 16);
    meta.writeBigUInt64LE(2n, 32);
    meta.writeBigUInt64LE(BigInt(pages), 40);
    meta.writeBigUInt64LE(transaction, 48);
    let hash = 14695981039346656037n;
    for (const byte of meta.subarray(0, 56)) {
      hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 1099511628211n);
    }
    meta.writeBigUInt64LE(hash, 56);
  }
  return bytes;
}

/** A database whose pages hold `fill`. */
export function databaseOf(pages: number, fill = 'key value '): Buffer {
  const rest = Buffer.alloc((pages - 2) * pageBytes, fill);
  return Buffer.concat([metaPages(pages), rest]);
}
