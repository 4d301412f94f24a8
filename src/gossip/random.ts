/** The one source of chance of a gossip node: `next` gives a number in [0, 1). */
export interface Random {
  next(): number;
}

export const systemRandom: Random = { next: () => Math.random() };

/** An integer in [0, below). */
export function randomIndex(random: Random, below: number): number {
  return Math.floor(random.next() * below);
}

/** The same items in a random order (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const result: T[] = [];
  items.forEach((item, count) => {
    const place = randomIndex(random, count + 1);
    const displaced = result[place];
    if (place < count && displaced !== undefined) result.push(displaced);
    result[place] = item;
  });
  return result;
}

/** `ms` spread evenly over plus or minus `share` of itself. */
export function jittered(ms: number, share: number, random: Random): number {
  return ms * (1 - share + 2 * share * random.next());
}
