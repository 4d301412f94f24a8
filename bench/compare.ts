/** What is measured on one side; resolves to the figure of one run. */
export type Measurement = () => Promise<number>;

export interface Sides {
  readonly e2d: readonly number[];
  readonly reference: readonly number[];
}

export interface Row {
  readonly measure: string;
  readonly unit: string;
  readonly e2d: readonly number[];
  /** Null where the goal is an absolute one. */
  readonly reference: readonly number[] | null;
  readonly goal: string;
  /** Judges the medians. */
  readonly met: (e2d: number, reference: number) => boolean;
}

/** `--runs N` of the command line, or the default. */
export function runsOf(argv: readonly string[], fallback: number): number {
  const index = argv.indexOf('--runs');
  const runs = index < 0 ? fallback : Number(argv[index + 1]);
  if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs takes a whole number from 1 on');
  return runs;
}

/** `--megabytes N` of the command line, or the default. */
export function megabytesOf<T>(argv: readonly string[], fallback: T): number | T {
  const index = argv.indexOf('--megabytes');
  return index < 0 ? fallback : Number(argv[index + 1]);
}

/**
 * Measures both sides in turn, and another one first each time, so that whatever else the machine
 * does, and whatever one side leaves to the next, falls on both alike.
 */
export async function alternate(
  runs: number,
  measure: {
    readonly e2d: Measurement;
    readonly reference: Measurement;
    /** Done before each side, and not measured. */
    readonly before?: () => Promise<void>;
  },
): Promise<Sides> {
  const figures = { e2d: [] as number[], reference: [] as number[] };
  for (let run = 0; run < runs; run += 1) {
    const sides = ['e2d', 'reference'] as const;
    for (const side of run % 2 === 0 ? sides : sides.toReversed()) {
      await measure.before?.();
      const figure = await measure[side]();
      figures[side].push(figure);
      console.error(`run ${run + 1} of ${runs}, ${side}: ${figure.toFixed(3)}`);
    }
  }
  return figures;
}

export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** Prints the rows as a Markdown table: medians with (smallest to largest, number of runs). */
export function printTable(rows: readonly Row[]): void {
  const lines = rows.map((row) => {
    const e2d = median(row.e2d);
    const reference = row.reference === null ? Number.NaN : median(row.reference);
    const cells = [
      `${row.measure}, ${row.unit}`,
      spread(row.e2d),
      row.reference === null ? '' : spread(row.reference),
      row.reference === null ? '' : (e2d / reference).toFixed(2),
      row.goal,
      row.met(e2d, reference) ? 'yes' : 'NO',
    ];
    return `| ${cells.join(' | ')} |`;
  });
  console.log('| measure | e2d | reference | ratio | goal | met |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  console.log(lines.join('\n'));
}

function spread(figures: readonly number[]): string {
  const show = (figure: number) => (figure < 100 ? figure.toPrecision(3) : figure.toFixed(0));
  const range = `${show(Math.min(...figures))} to ${show(Math.max(...figures))}`;
  return `${show(median(figures))} (${range}, ${figures.length})`;
}
