/** Longer than any name; what is longer was not mistyped. */
const longestWord = 100;

/** The known word nearest to a mistyped one, or undefined when none is near. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > longestWord) return undefined;
  const wanted = plain(word);
  let best: string | undefined;
  const furthest = Math.min(Math.max(1, Math.floor(wanted.length / 3)), wanted.length - 1);
  let bestDistance = furthest + 1;
  for (const candidate of known) {
    const distance = editDistance(wanted, plain(candidate));
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** ` Did you mean X?`, or nothing. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const candidate = nearest(word, known);
  return candidate === undefined ? '' : ` Did you mean ${candidate}?`;
}

/** `dataDir`, `data_dir`, `--data-dir` and `DATA-DIR` are the same word. */
function plain(word: string): string {
  return word.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** Levenshtein distance, with a swap of neighbours counted once. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1] ? 0 : 1;
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + same,
      );
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped && row > 1 && column > 1)
        cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    [beforeLast, last] = [last, current];
  }
  return last[b.length] ?? 0;
}
