import type { Entry, Header } from '../entry.ts';
import type { Divergence } from './divergence.ts';
import { type Folded, isDivergence, RunFold } from './run-fold.ts';

/** The replay of one run, up to its first divergence. */
export class RunReplay {
  readonly #fold = new RunFold();
  #header: Header | null = null;
  #divergence: Divergence | null = null;
  #same = 0;

  /** How many entries were compared and found the same. */
  get same(): number {
    return this.#same;
  }

  get divergence(): Divergence | null {
    return this.#divergence;
  }

  /**
   * Takes the run's next entry in, and compares it unless told not to.
   * @returns null once the replay has diverged.
   */
  take(header: Header, entry: Entry, options: { readonly compare: boolean }): Folded | null {
    if (this.#divergence !== null) return null;
    if (header !== this.#header) {
      this.#header = header;
      this.#divergence = this.#fold.begin(header);
    }
    if (this.#divergence !== null) return null;
    const folded = this.#fold.take(entry);
    if (isDivergence(folded)) {
      this.#divergence = folded;
      return null;
    }
    if (!options.compare) return folded;
    this.#divergence = this.#fold.compare(folded);
    if (this.#divergence !== null) return null;
    this.#same += 1;
    return folded;
  }
}
