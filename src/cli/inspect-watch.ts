import { setTimeout as sleep } from 'node:timers/promises';
import type { InspectReport } from '../../machines/inspect-report.ts';
import { E2dError } from '../errors/e2d-error.ts';
import { Screen as LiveScreen } from '../terminal/screen.ts';
import { ageText, line, paragraph, type Screen } from './inspect-screen.ts';

/** The terminal; its size may change at any time, and is 0 where nobody has told it. */
interface Output {
  readonly columns: number;
  readonly rows: number;
  write(text: string): unknown;
}

export interface Watch {
  readonly first: InspectReport;
  readonly ask: (signal: AbortSignal) => Promise<InspectReport>;
  readonly render: (report: InspectReport, screen: Screen) => readonly string[];
  readonly output: Output;
  readonly colour: boolean;
  /** Monotonic. */
  readonly nowMs: () => number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

const redrawEveryMs = 250;
const usualSize = { columns: 80, rows: 24 };

/** What may pass by itself: the daemon is being restarted, or is busy. */
const passing: ReadonlySet<string> = new Set([
  'E2D_NOT_RUNNING',
  'E2D_CONTROL_FAILED',
  'E2D_CONTROL_TIMEOUT',
]);

/**
 * Shows a node live on a terminal's alternate screen until the signal aborts, also while the node
 * is away for a time. The terminal is given back however it ends. Throws what would not pass.
 */
export async function watchNode(watch: Watch): Promise<void> {
  const { ask, output, nowMs, signal } = watch;
  const live = new LiveScreen(output);
  let report = watch.first;
  let answeredAtMs = nowMs();
  let trouble: string | null = null;
  let size = sizeOf(output);
  live.open();
  try {
    while (!signal.aborted) {
      if (sizeOf(output) !== size) live.clear();
      size = sizeOf(output);
      const silent = trouble === null ? null : { trouble, forMs: nowMs() - answeredAtMs };
      live.draw(frame(watch, report, silent).join('\n'));
      await sleep(redrawEveryMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) break;
      try {
        report = await ask(signal);
        answeredAtMs = nowMs();
        trouble = null;
      } catch (error) {
        if (signal.aborted) break;
        if (!(error instanceof E2dError) || !passing.has(error.code)) throw error;
        trouble = error.message;
      }
    }
  } finally {
    live.close();
  }
}

interface Silence {
  readonly trouble: string;
  readonly forMs: number;
}

/** As many lines as the terminal has rows: what is shorter would leave old lines standing. */
function frame(
  { render, output, colour }: Watch,
  report: InspectReport,
  silence: Silence | null,
): readonly string[] {
  const screen = { columns: output.columns || usualSize.columns, colour };
  const rows = output.rows || usualSize.rows;
  const head =
    silence === null
      ? [line(screen, [['Live. Ctrl-C or q ends it.', 'dim']])]
      : paragraph(
          screen,
          `No answer for ${ageText(silence.forMs)} (${silence.trouble}) This was the last one:`,
          { style: 'red' },
        );
  const lines = [...head, '', ...render(report, screen)];
  if (lines.length <= rows) {
    return [...lines, ...Array.from({ length: rows - lines.length }, () => '')];
  }
  const hidden = lines.length - rows + 1;
  const rest = line(screen, [[`… ${hidden} more lines: the terminal is too low`, 'dim']]);
  return [...lines.slice(0, rows - 1), rest];
}

function sizeOf({ columns, rows }: Output): string {
  return `${columns}x${rows}`;
}
