import { reasonOf } from '../../machines/node/reason-of.ts';
import { effectWords } from '../journal/replay/divergence.ts';
import { eventName } from '../journal/replay/event-words.ts';
import { changeOf } from '../journal/replay/state-paths.ts';
import type { Instant, NamedRun } from '../journal/replay/timeline.ts';

/** A transition for a line: its cells, unpadded. */
interface Cells {
  readonly time: string;
  readonly node: string;
  readonly seq: string;
  readonly event: string;
  readonly change: string;
  readonly reason: string;
}

type Column = keyof Cells;

interface Layout {
  /** How much of the ISO time is shown. */
  readonly time: readonly [number, number];
  readonly widths: readonly (readonly [Column, number])[];
  /** Whether a cell that is too long is cut. */
  readonly cuts: boolean;
}

/** Whether an entry is worth a line: the state changed, or something was begun for a reason. */
export function isTransition({ entry }: Instant, before: string | null): boolean {
  return before !== entry.state || entry.effects.some((effect) => reasonOf(effect) !== null);
}

/** Makes one line of each transition; `columns` is the terminal's width, null without one. */
export function stateLines(
  runs: readonly NamedRun[],
  columns: number | null,
): (instant: Instant, before: string | null) => string {
  const layout = layoutFor(runs, columns);
  return (instant, before) => {
    const cells = cellsOf(instant, before, layout);
    const line = layout.widths
      .map(([column, width]) => inWidth(cells[column], width, layout.cuts))
      .join(' ')
      .trimEnd();
    return columns === null || line.length <= columns ? line : `${line.slice(0, columns - 1)}…`;
  };
}

/** The same, for a program. */
export function stateRecord({ run, entry, wallMs }: Instant, before: string | null): object {
  return {
    time: new Date(wallMs).toISOString(),
    run: run.label,
    node: run.node,
    seq: entry.seq,
    event: entry.event.type,
    from: before,
    to: entry.state,
    effects: entry.effects.map((effect) => ({ ...wordless(effect), reason: reasonOf(effect) })),
  };
}

function wordless({ kind, id }: Instant['entry']['effects'][number]) {
  return { kind, id };
}

const seqWidth = 6;

/** What is least needed goes first as the terminal gets narrower. */
function layoutFor(runs: readonly NamedRun[], columns: number | null): Layout {
  const longest = Math.max(1, ...runs.map(({ label }) => label.length));
  if (columns === null) {
    const widths: Layout['widths'] = [
      ['time', 24],
      ['node', longest],
      ['seq', seqWidth],
      ['event', 26],
      ['change', 56],
      ['reason', 0],
    ];
    return { time: [0, 24], widths, cuts: false };
  }
  const nodeWidth = Math.min(longest, columns < 60 ? 6 : 16);
  const node: Layout['widths'] = runs.length > 1 ? [['node', nodeWidth]] : [];
  const time: Layout['time'] = columns < 80 ? [11, 19] : [11, 23];
  const start: Layout['widths'] = [['time', time[1] - time[0]], ...node, ['seq', seqWidth]];
  const event: Layout['widths'] = columns < 80 ? [] : [['event', 22]];
  const used = [...start, ...event].reduce((sum, [, width]) => sum + width + 1, 0);
  const rest = Math.max(8, columns - used);
  const change = columns < 60 ? rest : Math.floor((rest - 1) * 0.6);
  const reason: Layout['widths'] = columns < 60 ? [] : [['reason', rest - 1 - change]];
  return { time, widths: [...start, ...event, ['change', change], ...reason], cuts: true };
}

function cellsOf({ run, entry, wallMs }: Instant, before: string | null, layout: Layout): Cells {
  const { from, to } = changeOf(before, entry.state);
  const isNarrow = layout.cuts && !layout.widths.some(([column]) => column === 'reason');
  const left = from === '' || isNarrow ? '' : `${from} `;
  return {
    time: new Date(wallMs).toISOString().slice(...layout.time),
    node: run.label,
    seq: String(entry.seq).padStart(seqWidth),
    event: eventName(entry.event),
    change: to === '' ? '(stays)' : `${left}→ ${to}`,
    reason: entry.effects
      .filter((effect) => reasonOf(effect) !== null)
      .map(effectWords)
      .join('; '),
  };
}

function inWidth(text: string, width: number, cuts: boolean): string {
  return cuts && text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
}
