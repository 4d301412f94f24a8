import { clockOf } from './feed.ts';
import { feedLines } from './render-feed.ts';
import { chosenLines, nodeLines } from './render-nodes.ts';
import { type Line, type Piece, paint, piece, wrap } from './styled-text.ts';
import type { PlaygroundView } from './view.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
}

const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/**
 * The whole screen: exactly `rows` lines, none wider than `columns`. Pure: the same view, the same
 * text.
 */
export function renderPlayground(view: PlaygroundView, { columns, rows, colour }: Size): string {
  const keys = keyLines(view, columns);
  const top = view.showsHelp
    ? [titleLine(view, columns), [], ...helpLines(columns)]
    : [
        titleLine(view, columns),
        ...writeLines(view, columns),
        [],
        ...nodeLines(view, columns),
        ...(rows >= 24 ? [[], ...chosenLines(view, columns)] : []),
        [],
      ];
  const room = Math.max(0, rows - top.length - keys.length);
  const middle = view.showsHelp ? [] : feedLines(view.feed, columns, room);
  const body = [...top, ...middle].slice(0, Math.max(0, rows - keys.length));
  const padding = Array.from({ length: rows - body.length - keys.length }, (): Line => []);
  return [...body, ...padding, ...keys]
    .slice(0, rows)
    .map((line) => paint(line, columns, colour))
    .join('\n');
}

function titleLine(view: PlaygroundView, columns: number): Line {
  const { elapsedMs, nodes, quorum, leader } = view;
  const state: Record<PlaygroundView['quorum'], Piece> = {
    held: piece('quorum held', 'good'),
    lost: piece('quorum LOST', 'bad'),
    unknown: piece('no quorum yet', 'warn'),
  };
  const leads = leader === null ? piece('no leader', 'warn') : piece(`${leader} leads`);
  return [
    piece(columns < 60 ? 'e2d' : 'e2d playground', 'title'),
    piece(columns < 60 ? '  ' : `  ${nodes.length === 1 ? '1 node' : `${nodes.length} nodes`}  `),
    ...[state[quorum], piece(', '), leads, piece(`  ${clockOf(elapsedMs)}`, 'faint')],
  ];
}

function writeLines({ writes, rates }: PlaygroundView, columns: number): Line[] {
  const { perSecond, acknowledged, longestGapMs, sinceLastMs } = writes;
  const stands = sinceLastMs !== null && sinceLastMs > 1_000;
  const rate = stands
    ? piece(`no write for ${seconds(sinceLastMs)}`, 'bad')
    : piece(`${perSecond} writes/s`, perSecond > 0 ? 'good' : 'faint');
  const sum = piece(`  ${acknowledged} acknowledged, longest gap ${seconds(longestGapMs)}`);
  const figures = [rate, sum];
  const width = figures.reduce((total, { text }) => total + text.length, 2);
  const chart = piece(`  ${sparkline(rates, Math.min(40, columns - width))}`, 'faint');
  return columns - width >= 8
    ? [[...figures, chart]]
    : [[rate], [piece(`${acknowledged} acked, longest gap ${seconds(longestGapMs)}`)]];
}

function sparkline(rates: readonly number[], width: number): string {
  const shown = rates.slice(-Math.max(0, width));
  const most = Math.max(1, ...shown);
  return shown
    .map((rate) => bars[Math.min(bars.length - 1, Math.floor((rate / most) * bars.length))])
    .join('');
}

const allKeys = [
  ['1-5 ↑↓', 'select a node'],
  ['k', 'kill its etcd (SIGKILL); its e2d starts it again'],
  ['K', 'kill its e2d (SIGKILL); its etcd goes on without it'],
  ['x', 'power off: kill both'],
  ['r', 'start its e2d again'],
  ['p', 'pause both processes, or let them go on'],
  ['w', 'wipe: power off, a new empty disk (data and identity are gone), start again'],
  ['c', 'cut its network cable'],
  ['h', 'heal: plug it in again'],
  ['?', 'this page'],
  ['q', 'quit; nothing is left behind'],
] as const;

function helpLines(columns: number): Line[] {
  const indent = ' '.repeat(8);
  return allKeys.flatMap(([key, does]) =>
    wrap(does, columns - indent.length).map(
      (text, index): Line => [
        index === 0 ? piece(key.padEnd(indent.length), 'chosen') : piece(indent),
        piece(text),
      ],
    ),
  );
}

function keyLines({ showsHelp, nodes, selected }: PlaygroundView, columns: number): Line[] {
  if (showsHelp) return [[piece('any key: back', 'faint')]];
  const chosen = nodes[selected]?.name ?? '';
  const long =
    `${chosen}: k kill etcd  K kill e2d  x power off  r start  p pause  w wipe  ` +
    'c cut  h heal   ? help  q quit';
  const short = `${chosen}: k K x r p w c h  ? help  q quit`;
  return [[piece(columns >= long.length ? long : short, 'faint')]];
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
