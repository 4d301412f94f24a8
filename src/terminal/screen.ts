/** Whatever the screen is drawn on. */
export interface Output {
  write(text: string): unknown;
}

const csi = '\u001b[';
/** The alternate screen, without cursor and without lines that wrap by themselves. */
const enter = `${csi}?1049h${csi}?25l${csi}?7l${csi}2J`;
const leave = `${csi}?7h${csi}?25h${csi}?1049l`;
/** Before the line and not behind it: there it would take the last column of a full line. */
const clearLine = `${csi}2K`;
/** A terminal that knows these shows what is between them at once; others pass over them. */
const [beginUpdate, endUpdate] = [`${csi}?2026h`, `${csi}?2026l`];

/** A terminal's alternate screen; only lines that changed are written, so that nothing flickers. */
export class Screen {
  readonly #output: Output;
  #lines: readonly string[] = [];
  #isOpen = false;

  constructor(output: Output) {
    this.#output = output;
  }

  open(): void {
    this.#isOpen = true;
    this.#output.write(enter);
  }

  draw(text: string): void {
    if (!this.#isOpen) return;
    const lines = text.split('\n');
    const changes = lines.flatMap((line, index) =>
      line === this.#lines[index] ? [] : [`${csi}${index + 1};1H${clearLine}${line}`],
    );
    this.#lines = lines;
    if (changes.length > 0) {
      this.#output.write(`${beginUpdate}${changes.join('')}${endUpdate}`);
    }
  }

  /** Forgets what is on the screen: the terminal has another size now. */
  clear(): void {
    this.#lines = [];
    if (this.#isOpen) this.#output.write(`${csi}2J`);
  }

  /** The terminal has gone away: nothing is written to it any more. */
  abandon(): void {
    this.#isOpen = false;
  }

  /** Gives the terminal back as it was; safe to call in an exit handler, and twice. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#output.write(leave);
  }
}
