import { clockOf, type FeedLine } from './feed.ts';
import { type Line, piece, wrap } from './styled-text.ts';

/** The latest events that fit into `room` lines, oldest first; long ones take several lines. */
export function feedLines(feed: readonly FeedLine[], columns: number, room: number): Line[] {
  const lines: Line[] = [];
  for (const event of [...feed].reverse()) {
    const block = eventLines(event, columns);
    if (lines.length + block.length > room) break;
    lines.unshift(...block);
  }
  return lines;
}

function eventLines({ atMs, who, text }: FeedLine, columns: number): Line[] {
  const [time, name] = [`${clockOf(atMs).padStart(5)} `, `${who.padEnd(3)} `];
  const indent = ' '.repeat(time.length + name.length);
  const tone = who === 'you' ? 'chosen' : 'plain';
  return wrap(text, Math.max(10, columns - indent.length)).map(
    (part, index): Line =>
      index === 0
        ? [piece(time, 'faint'), piece(name, tone), piece(part, tone)]
        : [piece(indent), piece(part, tone)],
  );
}
