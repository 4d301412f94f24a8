/** What `setTimeout` of a clock gives back; only that clock can read it. */
export type TimerHandle = NodeJS.Timeout | number;

/** The one source of time of a gossip node. `nowMs` must never go backwards. */
export interface Clock {
  nowMs(): number;
  setTimeout(run: () => void, ms: number): TimerHandle;
  clearTimeout(handle: TimerHandle): void;
}

/** Monotonic, so that a step of the wall clock neither accuses nor delays anybody. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (handle) => clearTimeout(handle),
};
