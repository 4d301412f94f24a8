import { createHash } from 'node:crypto';
import type { Chart } from './chart.ts';

/**
 * SHA-256, in hexadecimal, of everything that the chart says: states, transitions, names, words.
 * Two builds with the same hash decide alike, as long as the named guards and actions are the same.
 */
export function definitionHash(chart: Chart): string {
  return createHash('sha256')
    .update(JSON.stringify(canonical(chart)))
    .digest('hex');
}

/** The same value with the keys of every object in order: equal values give equal JSON. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(canonical);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, canonical(inner)]),
  );
}
