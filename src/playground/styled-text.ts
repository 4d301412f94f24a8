import { styledLine } from '../terminal/styled-line.ts';

/** What a piece of text means; how it looks follows from it. */
export type Tone = 'plain' | 'title' | 'good' | 'bad' | 'warn' | 'faint' | 'chosen';

export interface Piece {
  readonly text: string;
  readonly tone: Tone;
}

/** A line of a screen, before it is cut to its width. */
export type Line = readonly Piece[];

const codes: Readonly<Record<Tone, string>> = {
  plain: '',
  title: '1',
  good: '32',
  bad: '31',
  warn: '33',
  faint: '2',
  chosen: '1;36',
};

export function piece(text: string, tone: Tone = 'plain'): Piece {
  return { text, tone };
}

/** The line as a terminal takes it, never wider than `columns`; what is cut off leaves a mark. */
export function paint(line: Line, columns: number, colour: boolean): string {
  const parts = line.map(({ text, tone }) => ({ text, sgr: codes[tone] }));
  return styledLine(parts, { columns, colour });
}

/** Breaks a text between words into lines of at most `width` characters; long words are cut. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (line.length > width && width > 0) {
      lines.push(line.slice(0, width));
      line = line.slice(width);
    }
  }
  return [...lines, line];
}
