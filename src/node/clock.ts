/** Time as a node feels it: monotonic, and the owner of every timer of the chart. */
export interface Clock {
  /** Whole milliseconds on a monotonic clock; only differences mean anything (S21). */
  nowMs(): number;
  /** For people only: stamps in logs and file names. */
  wallTime(): Date;
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
}

export const systemClock: Clock = {
  nowMs: () => Math.floor(performance.now()),
  wallTime: () => new Date(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};
