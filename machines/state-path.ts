import type { StateValue } from 'xstate';

/** A state value as one line: `active.running`, parallel regions in parentheses. */
export function statePath(value: StateValue): string {
  if (typeof value === 'string') return value;
  const parts = Object.entries(value).map(([name, below]) => {
    const rest = below === undefined ? '' : statePath(below);
    return rest === '' ? name : `${name}.${rest}`;
  });
  return parts.length === 1 ? (parts[0] ?? '') : `(${parts.join(' ')})`;
}

/** The innermost states of such a line: `a.(b.c d)` has `a.b.c` and `a.d`. */
export function leavesOf(path: string): readonly string[] {
  const open = path.indexOf('(');
  if (open < 0) return path === '' ? [] : [path];
  const prefix = path.slice(0, open);
  return regionsOf(path.slice(open + 1, -1))
    .flatMap(leavesOf)
    .map((leaf) => prefix + leaf);
}

/** Splits at the spaces that are in no parentheses. */
function regionsOf(text: string): readonly string[] {
  const regions: string[] = [];
  let [start, depth] = [0, 0];
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '(') depth += 1;
    if (text[index] === ')') depth -= 1;
    if (text[index] !== ' ' || depth > 0) continue;
    regions.push(text.slice(start, index));
    start = index + 1;
  }
  return [...regions, text.slice(start)];
}
