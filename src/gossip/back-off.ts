/** Delays that double from `minMs` up to `maxMs`. */
export interface BackOff {
  readonly minMs: number;
  readonly maxMs: number;
}

/** The delay after that many failures in a row, before jitter. */
export function backOffMs(limits: BackOff, failures: number): number {
  const doublings = Math.min(Math.max(failures - 1, 0), 30);
  return Math.min(limits.maxMs, limits.minMs * 2 ** doublings);
}
