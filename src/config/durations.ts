const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  y: 365 * 86_400_000,
};
const whole = /^\+?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h|d|y))+$/;
const longestText = 200;
const parts = /(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h|d|y)/g;

/**
 * Go's duration syntax (`30s`, `1h30m`, `1.5s`, `500ms`), with days and years of 365 days besides
 * (`7d`, `1y`), in milliseconds; undefined when it is not one.
 */
export function parseDurationMs(text: string): number | undefined {
  if (text === '0') return 0;
  // The pattern tries every place to part a row of digits at.
  if (text.length > longestText || !whole.test(text)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit = ''] of text.matchAll(parts)) {
    totalMs += Number(amount) * (unitMs[unit] ?? Number.NaN);
  }
  return totalMs;
}

/** `90000` as `1m30s`: the shortest Go spelling, to the millisecond. */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return '0s';
  if (durationMs < 1000) return `${Math.round(durationMs)}ms`;
  const hours = Math.floor(durationMs / 3_600_000);
  const minutes = Math.floor((durationMs % 3_600_000) / 60_000);
  const seconds = Math.round(durationMs % 60_000) / 1000;
  const text = [
    hours > 0 ? `${hours}h` : '',
    minutes > 0 ? `${minutes}m` : '',
    seconds > 0 ? `${seconds}s` : '',
  ];
  return text.join('');
}
