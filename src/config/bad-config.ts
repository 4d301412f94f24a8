import { E2dError } from '../errors/e2d-error.ts';
import type { Findings } from './given.ts';

/** One error for all that is wrong with a configuration or a command line. */
export function badConfig({ problems, warnings }: Findings, help: string): E2dError {
  const [only = ''] = problems;
  const told =
    problems.length === 1 ? only : `${problems.length} things are wrong:${list(problems)}`;
  // What is only a warning may be the cause: a misspelt variable leaves the real one unset.
  const also = warnings.length === 0 ? '' : `\nAlso worth a look:${list(warnings)}`;
  return new E2dError(told + also, {
    code: 'E2D_BAD_CONFIG',
    exit: 2,
    remedy: `"${help}" shows every option and what it may be.`,
  });
}

function list(sentences: readonly string[]): string {
  return sentences.map((sentence) => `\n  - ${sentence}`).join('');
}
