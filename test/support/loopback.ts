import { randomInt } from 'node:crypto';

/**
 * A block of loopback addresses, `127.x.y.1` and on, that no other test holds (all but surely), so
 * that each node can have an address and the standard ports to itself.
 */
export class LoopbackBlock {
  readonly #prefix = `127.${randomInt(1, 255)}.${randomInt(0, 255)}`;
  #used = 0;

  /** The next unused address of the block. */
  next(): string {
    this.#used += 1;
    return `${this.#prefix}.${this.#used}`;
  }
}
