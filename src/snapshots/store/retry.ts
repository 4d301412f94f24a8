import { setTimeout as pause } from 'node:timers/promises';
import { ExponentialBackoff, type IBackoffFactory } from 'cockatiel';

export interface Retrying {
  /** Ends the waiting at once, with its reason. */
  readonly signal: AbortSignal;
  /** Whether a failure may pass by itself. */
  readonly mayPass: (error: unknown) => boolean;
  /** The first one counted. */
  readonly attempts?: number;
  readonly minMs?: number;
  readonly maxMs?: number;
}

/**
 * Does `work` again while its failures may pass, after delays that grow with decorrelated jitter:
 * nodes whose store came back do not all ask it in the same moment. Rejects with the last failure.
 */
export async function retrying<T>(work: () => Promise<T>, options: Retrying): Promise<T> {
  const { signal, mayPass, attempts = 5, minMs = 200, maxMs = 5_000 } = options;
  let delays: IBackoffFactory<unknown> = new ExponentialBackoff({
    initialDelay: minMs,
    maxDelay: maxMs,
  });
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (attempt >= attempts || !mayPass(error)) throw error;
    }
    const delay = delays.next(undefined);
    delays = delay;
    await waitOut(delay.duration, signal);
  }
}

/** Not the policy of cockatiel: that waits its delay to the end although the signal has aborted. */
async function waitOut(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await pause(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** `work`, or the reason of `signal` as soon as it aborts: `work` is then no longer waited for. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason);
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
