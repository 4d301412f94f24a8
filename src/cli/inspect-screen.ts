import { formatDuration } from '../config/durations.ts';
import { harmless } from '../errors/shown.ts';
import { styled, styledLine } from '../terminal/styled-line.ts';

/** What is drawn on: how wide it is, and whether it knows colours. */
export interface Screen {
  readonly columns: number;
  readonly colour: boolean;
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'violet';

/** A piece of a line, in a style or plain. */
export type Span = readonly [text: string, style?: Style | undefined];

const codes: Readonly<Record<Style, string>> = {
  bold: '1',
  dim: '2',
  red: '31',
  green: '32',
  yellow: '33',
  blue: '34',
  violet: '35',
};

/** The narrowest that anything is drawn for. */
const leastColumns = 20;
const columnsWithoutTerminal = 100;

export interface ScreenSurroundings {
  readonly stream: { readonly isTTY?: boolean; readonly columns?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Colours are for terminals that know them, and for readers who did not set NO_COLOR. */
export function screenOf({ stream, env }: ScreenSurroundings): Screen {
  const isTerminal = stream.isTTY === true;
  const told = /^\d+$/.test(env['COLUMNS'] ?? '') ? Number(env['COLUMNS']) : 0;
  const columns = (isTerminal ? stream.columns : told) || columnsWithoutTerminal;
  const colour = isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  return { columns: Math.max(leastColumns, columns), colour };
}

/** One line, cut off at the edge of the screen. */
export function line(screen: Screen, spans: readonly Span[]): string {
  const parts = spans.map(([text, style]) => ({ text: harmless(text), sgr: sgrOf(style) }));
  return styledLine(parts, screen).trimEnd();
}

/** A text over as many lines as it needs; all but the first are indented by `hang` columns. */
export function paragraph(
  screen: Screen,
  text: string,
  { hang = 0, style }: { readonly hang?: number; readonly style?: Style | undefined } = {},
): readonly string[] {
  const lines: string[] = [];
  let current: string[] = [];
  const room = () => Math.max(1, screen.columns - (lines.length === 0 ? 0 : hang));
  const flush = (letters: readonly string[]) => {
    lines.push(
      `${lines.length === 0 ? '' : ' '.repeat(hang)}${styled(letters.join(''), sgrOf(style), screen.colour)}`,
    );
  };
  for (const word of harmless(text).split(/ +/)) {
    const letters = [...word];
    if (current.length > 0 && current.length + 1 + letters.length > room()) {
      flush(current);
      current = [];
    }
    current = current.length === 0 ? letters : [...current, ' ', ...letters];
    while (current.length > room()) {
      const atOnce = current.splice(0, room());
      flush(atOnce);
    }
  }
  if (current.length > 0 || lines.length === 0) flush(current);
  return lines;
}

/** How long something has lasted: nobody reads the seconds of an hour. */
export function ageText(durationMs: number): string {
  const unitMs = durationMs < 600_000 ? 1_000 : 60_000;
  return formatDuration(Math.floor(durationMs / unitMs) * unitMs);
}

function sgrOf(style: Style | undefined): string {
  return style === undefined ? '' : codes[style];
}
