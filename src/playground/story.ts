import { setTimeout as pause } from 'node:timers/promises';
import type { Playground } from './playground.ts';
import type { StoryName } from './story-names.ts';

/** What a story does and expects, step by step; `Step` is told and timed by who runs it. */
export interface Story {
  readonly name: StoryName;
  /** One sentence: what happens and what is to come of it. */
  readonly summary: string;
  /** Whether it cuts nodes off, which not every machine can. */
  readonly needsCuts?: true;
  /** Throws `StoryFailed` where what happens is not what is expected. */
  readonly tell: (playground: Playground, step: Step) => Promise<void>;
}

/** Does something and expects something of it; gives what `act` gives. */
export type Step = <T>(options: StepOptions<T>) => Promise<T>;

export interface StepOptions<T> {
  /** What is done, as an imperative sentence without a full stop. */
  readonly does: string;
  /** What is to come of it, and within which time. */
  readonly expects: string;
  readonly act: () => Promise<T>;
  /** What was found, as half a sentence. */
  readonly found: (value: T) => string;
}

export class StoryFailed extends Error {
  override readonly name = 'StoryFailed';
}

export interface UntilOptions {
  /** Ends the waiting: there is nothing to ask any more. */
  readonly signal: AbortSignal;
  readonly withinMs: number;
  /** What was the matter all the time, as half a sentence. */
  readonly otherwise: string;
}

/** Asks again and again until there is an answer; throws `StoryFailed` if there is none in time. */
export async function until<T>(
  probe: () => Promise<T | null>,
  { signal, withinMs, otherwise }: UntilOptions,
): Promise<T> {
  const startedMs = performance.now();
  for (;;) {
    const found = await probe();
    if (found !== null) return found;
    if (performance.now() - startedMs > withinMs) {
      throw new StoryFailed(`${otherwise} within ${withinMs / 1000} s`);
    }
    await pause(100, null, { signal });
  }
}
