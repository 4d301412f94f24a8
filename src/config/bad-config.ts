import { E2dError } from '../errors/e2d-error.ts';
import { shortened } from '../errors/shown.ts';
import type { Findings } from './given.ts';

/** One error for all that is wrong with a configuration or a command line. */
export function badConfig({ problems, warnings }: Findings, help: string): E2dError {
  const [only = ''] = problems.map(bounded);
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

/** Nobody corrects more at a time. */
const mostShown = 30;

/** A value of any length may be told in it. */
function bounded(sentence: string): string {
  return shortened(sentence, 1000);
}

function list(sentences: readonly string[]): string {
  const shown = sentences.slice(0, mostShown).map(bounded);
  const more = sentences.length > mostShown ? [`and ${sentences.length - mostShown} more`] : [];
  return [...shown, ...more].map((sentence) => `\n  - ${sentence}`).join('');
}
