/**
 * What somebody has opened and must give back: in the reverse of the order in which it was opened,
 * also where what came next could not be opened.
 */
export class Owned {
  readonly #ends: (() => unknown)[] = [];

  /** Gives back what was opened; null owes nothing. */
  add<T>(opened: T, end: (opened: NonNullable<T>) => unknown): T {
    if (opened !== null && opened !== undefined) this.#ends.push(() => end(opened));
    return opened;
  }

  /** Ends all of it, whatever of it fails; then rejects with the first failure. */
  async release(): Promise<void> {
    const failures: unknown[] = [];
    for (let end = this.#ends.pop(); end !== undefined; end = this.#ends.pop()) {
      try {
        await end();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
