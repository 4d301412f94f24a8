/** A part of a line; `sgr` is what stands in `ESC [ sgr m` for its style, empty for none. */
export interface StyledPart {
  readonly text: string;
  readonly sgr: string;
}

/** Where a line goes: on how many columns, and whether styles are understood. */
interface Place {
  readonly columns: number;
  readonly colour: boolean;
}

/** The line as a terminal takes it, never wider than `columns`; what is cut off leaves a mark. */
export function styledLine(parts: readonly StyledPart[], { columns, colour }: Place): string {
  const pieces = parts.map(({ text, sgr }) => ({ letters: [...text], sgr }));
  const isCut = pieces.reduce((sum, { letters }) => sum + letters.length, 0) > columns;
  let room = Math.max(0, isCut ? columns - 1 : columns);
  const painted = pieces.map(({ letters, sgr }) => {
    const shown = letters.slice(0, room);
    room -= shown.length;
    return styled(shown.join(''), sgr, colour);
  });
  return `${painted.join('')}${isCut && columns > 0 ? '…' : ''}`;
}

export function styled(text: string, sgr: string, colour: boolean): string {
  return colour && sgr !== '' && text !== '' ? `\u001b[${sgr}m${text}\u001b[0m` : text;
}
