/**
 * The innermost states of a path as `statePath` writes it: `a.(b.c d)` has `a.b.c` and `a.d`.
 */
export function leavesOf(path: string): readonly string[] {
  const open = path.indexOf('(');
  if (open < 0) return path === '' ? [] : [path];
  const prefix = path.slice(0, open);
  return regionsOf(path.slice(open + 1, -1)).flatMap((region) =>
    leavesOf(region).map((leaf) => `${prefix}${leaf}`),
  );
}

/** Splits at the spaces that are in no parentheses. */
function regionsOf(text: string): readonly string[] {
  const regions: string[] = [];
  let depth = 0;
  let current = '';
  for (const letter of text) {
    if (letter === '(') depth += 1;
    if (letter === ')') depth -= 1;
    if (letter === ' ' && depth === 0) {
      regions.push(current);
      current = '';
    } else {
      current += letter;
    }
  }
  return [...regions, current];
}

/** The innermost states that a step entered, without the parents that nearly all have. */
export function enteredStates(from: string, to: string): readonly string[] {
  const before = new Set(leavesOf(from));
  return leavesOf(to)
    .filter((leaf) => !before.has(leaf))
    .map((leaf) => leaf.replace(/^active\.(running\.)?/, ''));
}
