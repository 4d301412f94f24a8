import { setTimeout as pause } from 'node:timers/promises';

export interface WaitOptions {
  /** What is awaited, as the end of the sentence "gave up waiting until ...". */
  readonly what: string;
  readonly withinMs: number;
  readonly everyMs?: number;
  /** The state of the world, asked once when the wait has failed. */
  readonly explain?: () => string | Promise<string>;
}

/**
 * Asks `probe` again and again until it gives something other than false, null or undefined, and
 * returns that. A probe that throws has not succeeded yet; its last error is part of the failure.
 */
export async function waitUntil<T>(
  probe: () => Promise<T | false | null | undefined> | T | false | null | undefined,
  options: WaitOptions,
): Promise<T> {
  const startedAt = performance.now();
  let lastError = '';
  for (;;) {
    try {
      const found = await probe();
      if (found !== false && found !== null && found !== undefined) return found;
    } catch (error) {
      lastError = error instanceof Error ? error.message : String(error);
    }
    if (performance.now() - startedAt > options.withinMs) break;
    await pause(options.everyMs ?? 100);
  }
  const reason = lastError === '' ? '' : `\nlast error: ${lastError}`;
  const world = options.explain === undefined ? '' : `\n${await options.explain()}`;
  throw new Error(
    `gave up after ${options.withinMs} ms waiting until ${options.what}${reason}${world}`,
  );
}

/** Checks all the time for `forMs`; rejects as soon as a check does. For what must not happen. */
export async function staysTrue(
  check: () => Promise<void> | void,
  options: { readonly forMs: number; readonly everyMs?: number },
): Promise<void> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < options.forMs) {
    await check();
    await pause(options.everyMs ?? 200);
  }
}
