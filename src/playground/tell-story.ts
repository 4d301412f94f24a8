import { textOf } from '../errors/e2d-error.ts';
import type { FeedLine } from './feed.ts';
import type { Playground } from './playground.ts';
import { type Step, type Story, StoryFailed } from './story.ts';

export interface TellOptions {
  /** Starts the cluster that the story is about. */
  readonly start: (onFeed: (line: FeedLine) => void) => Promise<Playground>;
  readonly print: (line: string) => void;
  /** Ends the story before its end; it then throws the signal's reason. */
  readonly signal: AbortSignal;
}

/**
 * Runs a story on a cluster of its own and prints what is done, what is expected, what the nodes
 * decide and what comes of it. Gives whether it ended as expected; nothing of it is left.
 */
export async function tellStory(story: Story, options: TellOptions): Promise<boolean> {
  const { print, signal, start } = options;
  const startedMs = performance.now();
  print(`Story ${story.name}: ${story.summary}`);
  const playground = await start(({ who, text }) => print(`      ${who} ${text}`));
  try {
    await raceWith(signal, story.tell(playground, stepper(print, signal)));
    print(`Story ${story.name} ended as expected after ${seconds(startedMs)}.\n`);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    print(`   NOT as expected: ${textOf(error)}.`);
    if (!(error instanceof StoryFailed) && error instanceof Error) print(`   ${error.stack}`);
    for (const line of lastWords(playground)) print(line);
    print(`Story ${story.name} failed after ${seconds(startedMs)}.\n`);
    return false;
  } finally {
    await playground.destroy();
  }
}

function stepper(print: (line: string) => void, signal: AbortSignal): Step {
  let number = 0;
  return async ({ does, expects, act, found }) => {
    // A step that still runs when the signal comes must not print behind the end.
    signal.throwIfAborted();
    number += 1;
    print(`${String(number).padStart(2)} ${does}.`);
    print(`   Expected: ${expects}.`);
    const startedMs = performance.now();
    const value = await act();
    signal.throwIfAborted();
    print(`   Done after ${seconds(startedMs)}: ${found(value)}.`);
    return value;
  };
}

/** Rejects as soon as the signal fires; what goes on behind it is nobody's concern any more. */
async function raceWith(signal: AbortSignal, work: Promise<void>): Promise<void> {
  signal.throwIfAborted();
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort);
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    work.catch(() => undefined);
  }
}

function lastWords(playground: Playground): string[] {
  return playground.nodes.flatMap((node) => {
    const { state, path } = playground.reportOf(node)?.node ?? { state: 'no answer', path: null };
    return [
      `   ${node.name}: ${state}${path === null ? '' : `, by ${path}`}; it logged last:`,
      ...node.lastLines.slice(-10).map((line) => `     ${line.slice(0, 400)}`),
    ];
  });
}

function seconds(sinceMs: number): string {
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
}
