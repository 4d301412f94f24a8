/** What a person asks for with a key. */
export type Key =
  | { readonly kind: 'select'; readonly index: number }
  | { readonly kind: 'move'; readonly by: 1 | -1 }
  | { readonly kind: 'hurt'; readonly deed: Deed }
  | { readonly kind: 'help' }
  | { readonly kind: 'quit' }
  | { readonly kind: 'other' };

/** What can be done to the selected node. */
export type Deed =
  | 'kill-etcd'
  | 'kill-e2d'
  | 'power-off'
  | 'start'
  | 'pause'
  | 'wipe'
  | 'cut'
  | 'heal';

const deeds: ReadonlyMap<string, Deed> = new Map<string, Deed>([
  ['k', 'kill-etcd'],
  ['K', 'kill-e2d'],
  ['x', 'power-off'],
  ['r', 'start'],
  ['p', 'pause'],
  ['w', 'wipe'],
  ['c', 'cut'],
  ['h', 'heal'],
]);

const esc = '\u001b';
const controlC = '\u0003';
const controlD = '\u0004';

/** The keys in a chunk of a terminal's input: several may come at once. */
export function keysOf(chunk: string): Key[] {
  const keys: Key[] = [];
  let rest = chunk;
  while (rest !== '') {
    const length = sequenceLength(rest);
    keys.push(keyOf(rest.slice(0, length)));
    rest = rest.slice(length);
  }
  return keys;
}

/** An escape sequence is one key: `ESC [ A`, `ESC O A`, `ESC [ 5 ~`. */
function sequenceLength(text: string): number {
  if (!text.startsWith(esc) || (text[1] !== '[' && text[1] !== 'O')) return 1;
  const end = [...text].findIndex((letter, index) => index > 1 && letter >= '@' && letter <= '~');
  return end < 0 ? text.length : end + 1;
}

function keyOf(text: string): Key {
  const deed = deeds.get(text);
  if (deed !== undefined) return { kind: 'hurt', deed };
  if (/^[1-9]$/.test(text)) return { kind: 'select', index: Number(text) - 1 };
  if (text === '?') return { kind: 'help' };
  if (text === 'q' || text === controlC || text === controlD) return { kind: 'quit' };
  if (text === `${esc}[A` || text === `${esc}OA`) return { kind: 'move', by: -1 };
  if (text === `${esc}[B` || text === `${esc}OB`) return { kind: 'move', by: 1 };
  return { kind: 'other' };
}
