import { type Random, randomIndex, shuffled } from './random.ts';

/**
 * The round-robin in which other nodes are probed: everyone once per round, newcomers at a random
 * place, a new order each round. So the wait until a node is probed is bounded by two rounds.
 */
export class ProbeOrder {
  readonly #random: Random;
  #names: string[] = [];
  #next = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  add(name: string): void {
    const place = randomIndex(this.#random, this.#names.length + 1);
    this.#names.splice(place, 0, name);
    if (place < this.#next) this.#next += 1;
  }

  remove(name: string): void {
    const place = this.#names.indexOf(name);
    if (place < 0) return;
    this.#names.splice(place, 1);
    if (place < this.#next) this.#next -= 1;
  }

  /**
   * The next node that `isWanted`, or undefined when a whole round has none. `onWrap` runs as a
   * round ends, before the next is shuffled; it may remove names.
   */
  take(isWanted: (name: string) => boolean, onWrap: () => void): string | undefined {
    for (let budget = this.#names.length + 1; budget > 0; budget -= 1) {
      if (this.#next >= this.#names.length) {
        onWrap();
        this.#names = shuffled(this.#names, this.#random);
        this.#next = 0;
      }
      const name = this.#names[this.#next];
      if (name === undefined) return undefined;
      this.#next += 1;
      if (isWanted(name)) return name;
    }
    return undefined;
  }
}
