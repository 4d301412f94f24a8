import type { Terminal } from './terminal.ts';

/** A line on a terminal's standard error that counts entries, once the work takes a while. */
export interface ReplayProgress {
  readonly count: (entries: number) => void;
  /** Takes the line away. */
  readonly end: () => void;
}

const quietMs = 500;
const everyMs = 200;
/** The clock is not looked at for every entry. */
const everyEntries = 1_000;

export function replayProgress(terminal: Terminal, isWanted: boolean): ReplayProgress {
  if (!terminal.errIsTerminal || !isWanted) return { count: () => {}, end: () => {} };
  let nextMs = performance.now() + quietMs;
  let isShown = false;
  return {
    count: (entries) => {
      if (entries % everyEntries !== 0 || performance.now() < nextMs) return;
      nextMs = performance.now() + everyMs;
      isShown = true;
      terminal.err(`\rReplayed ${entries} entries`);
    },
    end: () => {
      if (isShown) terminal.err('\r\u001b[K');
    },
  };
}
