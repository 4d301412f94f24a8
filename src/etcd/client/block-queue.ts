/** Large enough that what is done once a block costs nothing, small enough to be many in flight. */
const blockBytes = 256 * 1024;
const fullBytes = 2 * 1024 * 1024;

export interface BlockQueueOptions {
  /** Called when nothing more should be put in, and when there is room again. */
  readonly onFull: () => void;
  readonly onRoom: () => void;
}

/**
 * Gathers small pieces into blocks between one that fills and one that takes. The taker waits; the
 * filler is told when to.
 */
export class BlockQueue {
  readonly #options: BlockQueueOptions;
  readonly #blocks: Uint8Array[] = [];
  #filling = Buffer.allocUnsafeSlow(blockBytes);
  #filled = 0;
  #queuedBytes = 0;
  #isFull = false;
  #end: { readonly problem: Error | null } | null = null;
  #wake: (() => void) | null = null;

  constructor(options: BlockQueueOptions) {
    this.#options = options;
  }

  put(piece: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end) {
      const stop = Math.min(end, at + blockBytes - this.#filled);
      this.#filling.set(piece.subarray(at, stop), this.#filled);
      this.#filled += stop - at;
      at = stop;
      if (this.#filled === blockBytes) this.#flush();
    }
  }

  /** What was put in before is still taken; with a problem it is dropped. The first end counts. */
  end(problem: Error | null): void {
    if (this.#end !== null) return;
    this.#end = { problem };
    if (problem === null) this.#flush();
    else this.#blocks.length = 0;
    this.#wakeTaker();
  }

  /** The next block, or null at the end. @throws the problem it ended with. */
  async take(): Promise<Uint8Array | null> {
    while (this.#blocks.length === 0 && this.#end === null) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#end?.problem) throw this.#end.problem;
    const block = this.#blocks.shift();
    if (block === undefined) return null;
    this.#queuedBytes -= block.length;
    if (this.#isFull && this.#queuedBytes <= fullBytes / 2) {
      this.#isFull = false;
      this.#options.onRoom();
    }
    return block;
  }

  #flush(): void {
    if (this.#filled === 0) return;
    this.#blocks.push(this.#filling.subarray(0, this.#filled));
    this.#queuedBytes += this.#filled;
    this.#filling = Buffer.allocUnsafeSlow(blockBytes);
    this.#filled = 0;
    if (!this.#isFull && this.#queuedBytes >= fullBytes) {
      this.#isFull = true;
      this.#options.onFull();
    }
    this.#wakeTaker();
  }

  #wakeTaker(): void {
    this.#wake?.();
    this.#wake = null;
  }
}
