import { harmless, shortened } from '../errors/shown.ts';

/** Nothing that e2d or etcd makes is as long. */
const longestCell = 300;

/** Columns as wide as their widest cell, two spaces apart. */
export function table(header: readonly string[], given: readonly (readonly string[])[]): string[] {
  const rows = given.map((row) => row.map((cell) => harmless(shortened(cell, longestCell))));
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  return [header, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
