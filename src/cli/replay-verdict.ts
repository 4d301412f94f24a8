import { formatDuration } from '../config/durations.ts';
import { type Divergence, effectWords } from '../journal/replay/divergence.ts';
import type { RunVerdict } from './replay-pass.ts';

/** How the replay of a run came out, for a person. */
export function verdictLines(verdict: RunVerdict, ownHash: string): readonly string[] {
  const { run, first, last, same, divergence } = verdict;
  const version = `recorded by e2d ${first.header.e2d}`;
  if (divergence === null) {
    const lasting = formatDuration(last.wallMs - first.wallMs);
    const counted = same === 1 ? '1 entry replays' : `${same} entries replay`;
    return [`${run.label}: ${counted} the same, over ${lasting} (${version}).`];
  }
  return [
    `${run.label}: the replay diverges at entry ${divergence.seq}, ${timeOf(verdict, divergence)} (${version}).`,
    ...divergenceLines(divergence),
    `  ${same} ${same === 1 ? 'entry before it was' : 'entries before it were'} compared and found the same.`,
    ...(isOtherChart(verdict, ownHash) ? [otherChartLine] : []),
  ];
}

/** The same, for a program. */
export function verdictRecord(verdict: RunVerdict, ownHash: string): object {
  const { run, first, last, same, divergence } = verdict;
  return {
    run: run.label,
    node: run.node,
    from: new Date(first.wallMs).toISOString(),
    until: new Date(last.wallMs).toISOString(),
    e2d: first.header.e2d,
    sameChart: !isOtherChart(verdict, ownHash),
    entries: same,
    ok: divergence === null,
    divergence: divergence === null ? null : { time: timeOf(verdict, divergence), ...divergence },
  };
}

export function isOtherChart({ first, last }: RunVerdict, ownHash: string): boolean {
  return [first, last].some(({ header }) => header.charts['node'] !== ownHash);
}

const otherChartLine =
  "  The log is of another version's chart, so a divergence is to be expected; --states goes by " +
  'what was recorded.';

function divergenceLines(divergence: Divergence): readonly string[] {
  const { problem, expectedState, actualState, differs, effect } = divergence;
  const states = [
    `  expected state: ${expectedState}`,
    `  actual state:   ${actualState ?? 'none'}`,
  ];
  if (problem !== null) return [`  It cannot be taken in: ${problem}.`, ...states];
  const onlyContext = differs.length === 1 && differs[0] === 'context';
  return [
    ...states,
    onlyContext
      ? '  Only the context differs: the chart remembers something else than it did then.'
      : `  What differs: ${differs.join(', ')}.`,
    ...(effect === null
      ? []
      : [
          `  Effect ${effect.index + 1} is the first that differs:`,
          `    expected: ${effectText(effect.expected, effect.actual)}`,
          `    actual:   ${effectText(effect.actual, effect.expected)}`,
        ]),
  ];
}

type Effect = NonNullable<Divergence['effect']>['expected' | 'actual'];

/** In words, or whole where the words are the same. */
function effectText(effect: Effect, other: Effect): string {
  const words = effectWords(effect);
  return words === effectWords(other) ? JSON.stringify(effect) : words;
}

function timeOf({ last }: RunVerdict, { atMs }: Divergence): string {
  return new Date(last.wallMs - last.entry.atMs + atMs).toISOString();
}
