import { sizeInWords } from './amounts.ts';
import type { Terminal } from './terminal.ts';

/** How far a piece of work is; `totalBytes` is null while nobody knows it. */
export interface Passing {
  readonly what: string;
  readonly doneBytes: number;
  readonly totalBytes: number | null;
}

export interface ByteProgress {
  show(passing: Passing): void;
  /** Leaves the terminal with a line of its own for what comes next. */
  end(): void;
}

const barCells = 30;
const plainStepPercent = 25;
/** What is smaller is done before anybody reads of it in a log. */
const plainLeastBytes = 8 * 2 ** 20;
const clearLine = '\r\u001b[K';

/** A line that redraws itself on a terminal; elsewhere a line at each quarter of what is large. */
export function byteProgress(terminal: Pick<Terminal, 'err' | 'errIsTerminal'>): ByteProgress {
  let shown = '';
  return {
    show({ what, doneBytes, totalBytes }) {
      if (!terminal.errIsTerminal && (totalBytes ?? 0) < plainLeastBytes) return;
      const percent = percentOf(doneBytes, totalBytes);
      const step = terminal.errIsTerminal
        ? percent
        : percent && percent - (percent % plainStepPercent);
      const key = `${what} ${step}`;
      if (key === shown) return;
      shown = key;
      const text = `${what}: ${amount(percent, doneBytes, totalBytes)}`;
      terminal.err(terminal.errIsTerminal ? `${clearLine}${bar(percent)}${text}` : `${text}\n`);
    },
    end() {
      if (terminal.errIsTerminal && shown !== '') terminal.err(clearLine);
      shown = '';
    },
  };
}

function percentOf(doneBytes: number, totalBytes: number | null): number | null {
  if (totalBytes === null) return null;
  return totalBytes === 0 ? 100 : Math.min(100, Math.floor((doneBytes / totalBytes) * 100));
}

function bar(percent: number | null): string {
  if (percent === null) return '';
  const filled = Math.floor((percent / 100) * barCells);
  return `[${'#'.repeat(filled)}${'-'.repeat(barCells - filled)}] `;
}

function amount(percent: number | null, doneBytes: number, totalBytes: number | null): string {
  if (percent !== null) return `${percent} % of ${sizeInWords(totalBytes ?? 0)}`;
  return doneBytes === 0 ? 'begun' : sizeInWords(doneBytes);
}
