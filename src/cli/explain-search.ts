import { didYouMean } from '../config/suggest.ts';
import { E2dError } from '../errors/e2d-error.ts';
import type { Topic } from './explain-topics.ts';

/**
 * The topics that a word names: by their id, whatever its case, and states also by the last parts
 * of theirs. More than one when several kinds of things have that name. Throws `E2D_UNKNOWN_WORD`.
 */
export function findTopics(word: string, topics: readonly Topic[]): readonly Topic[] {
  const wanted = word.toLowerCase();
  const others = topics.filter(
    ({ kind, id }) => kind !== 'state' && spellings(id).includes(wanted),
  );
  const states = statesNamed(wanted, topics);
  const [first, second] = states;
  if (first !== undefined && second !== undefined && others.length === 0) {
    throw ambiguous(word, states);
  }
  const found = [...others, ...(states.length === 1 ? states : [])];
  if (found.length === 0) throw unknown(word, topics);
  return found;
}

/** An error code is also found without its prefix. */
function spellings(id: string): readonly string[] {
  const lower = id.toLowerCase();
  return [lower, lower.replace(/^e2d_/, '')];
}

/** By the whole id, or else by its end. */
function statesNamed(wanted: string, topics: readonly Topic[]): readonly Topic[] {
  const states = topics.filter(({ kind }) => kind === 'state');
  const exact = states.filter(({ id }) => id.toLowerCase() === wanted);
  if (exact.length > 0) return exact;
  const ending = states.filter(({ id }) => id.toLowerCase().endsWith(`.${wanted}`));
  const fromTheTop = ending.filter(({ id }) => id.toLowerCase() === `node.${wanted}`);
  return fromTheTop.length > 0 ? fromTheTop : ending;
}

function ambiguous(word: string, states: readonly Topic[]): E2dError {
  const ids = states.map(({ id }) => id);
  return new E2dError(`"${word}" could be ${ids.slice(0, -1).join(', ')} or ${ids.at(-1)}.`, {
    code: 'E2D_UNKNOWN_WORD',
    exit: 2,
    remedy: 'Give one of them, or as many of its last parts as tell it from the others.',
  });
}

function unknown(word: string, topics: readonly Topic[]): E2dError {
  const names = topics.flatMap(({ kind, id }) =>
    kind === 'state' ? [id, id.slice(id.lastIndexOf('.') + 1)] : [id],
  );
  return new E2dError(`e2d knows nothing called "${word}".${didYouMean(word, names)}`, {
    code: 'E2D_UNKNOWN_WORD',
    exit: 2,
    remedy: '"e2d explain" lists all that can be explained.',
  });
}
