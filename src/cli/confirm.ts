import { createInterface } from 'node:readline/promises';
import { E2dError } from '../errors/e2d-error.ts';
import type { Terminal } from './terminal.ts';

export interface Question {
  /** What would be done, as a sentence. */
  readonly sentence: string;
  /** What has to be typed for a yes. */
  readonly word: string;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/**
 * Has a person type a word, so that nothing is done by a slip of a finger. Throws
 * `E2D_NOT_CONFIRMED` when something else is typed, and where there is nobody to ask.
 */
export async function confirm({ sentence, word, terminal, signal }: Question): Promise<void> {
  if (!process.stdin.isTTY || !terminal.errIsTerminal) {
    throw new E2dError('There is no terminal on which to ask for your word, so nothing was done.', {
      code: 'E2D_NOT_CONFIRMED',
      exit: 2,
      remedy: 'Look at what would be done, and give --yes.',
    });
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const typed = await lines.question(`${sentence} Type "${word}" to go on: `, { signal });
    if (typed.trim() === word) return;
  } finally {
    lines.close();
  }
  throw new E2dError(`"${word}" was not typed, so nothing was done.`, {
    code: 'E2D_NOT_CONFIRMED',
    exit: 2,
    remedy: 'Call the command again.',
  });
}
