import { expect, test } from 'vitest';
import type { Entry, Header } from '../../../../src/journal/entry.ts';
import { type Instant, mergeRuns, type RunLog } from '../../../../src/journal/replay/timeline.ts';
import { probe, RecordedRun, settledRun } from './recorded-run.ts';

function logOf({ segments }: Pick<RecordedRun, 'segments'>): RunLog {
  return {
    async *lines(): AsyncGenerator<Header | Entry> {
      for (const { header, entries } of segments) {
        yield header;
        yield* entries;
      }
    },
  };
}

async function all(runs: readonly RunLog[]): Promise<Instant[]> {
  const { instants } = await mergeRuns(runs);
  const found: Instant[] = [];
  for await (const instant of instants) found.push(instant);
  return found;
}

function begun(name: string, at: string): RecordedRun {
  return settledRun({}, name, `2026-01-02T10:00:0${at}Z`);
}

test('runs of three nodes are merged by wall time, each entry with its node', async () => {
  const [a, b, c] = [begun('a', '0.000'), begun('b', '0.015'), begun('c', '5.000')];
  const merged = await all([c, a, b].map(logOf));
  expect(merged.map(({ run, entry }) => `${run.label}${entry.seq}`).join(' ')).toBe(
    'a1 b1 a2 a3 b2 b3 a4 b4 c1 c2 c3 c4',
  );
  const walls = merged.map(({ wallMs }) => wallMs);
  expect(walls).toEqual([...walls].sort((x, y) => x - y));
  expect(walls[0]).toBe(Date.parse('2026-01-02T10:00:00.000Z'));
});

test('runs of one node are numbered in the order in which they began', async () => {
  const runs = [begun('a', '8.000'), begun('b', '0.000'), begun('a', '1.000')];
  const { runs: named, beginsAtMs } = await mergeRuns(runs.map(logOf));
  expect(named.map(({ label }) => label)).toEqual(['b', 'a#1', 'a#2']);
  expect(named.map(({ node }) => node)).toEqual(['b', 'a', 'a']);
  expect(beginsAtMs).toBe(Date.parse('2026-01-02T10:00:00.000Z'));
});

test('within a run the order is the recorded one, whatever the wall clock did', async () => {
  const a = begun('a', '5.000').cut();
  a.after(10).send(probe());
  const [first, second] = a.segments;
  if (!first || !second) throw new Error('no segments');
  const back = { ...second.header, begunAt: '2026-01-02T09:00:00.000Z' };
  const jumped = { segments: [first, { header: back, entries: second.entries }] };
  const merged = await all([logOf(jumped), logOf(begun('b', '0.000'))]);
  const own = merged.filter(({ run }) => run.label === 'a').map(({ entry }) => entry.seq);
  expect(own).toEqual([1, 2, 3, 4, 5]);
});

test('a node is called by its checkpoint’s name, or by its run where nothing names it', async () => {
  const a = begun('a', '0.000').cut();
  a.send(probe());
  a.segments.shift();
  const nameless = new RecordedRun();
  const { runs } = await mergeRuns([logOf(a), logOf(nameless)]);
  expect(runs.map(({ label }) => label).sort()).toEqual(['a', 'run-a-20']);
});

test('there is nothing on the time line of logs without entries', async () => {
  const { header } = begun('a', '0.000');
  const empty = logOf({ segments: [{ header, entries: [] }] });
  const { runs, beginsAtMs } = await mergeRuns([empty]);
  expect([runs, beginsAtMs]).toEqual([[], null]);
  expect(await all([empty])).toEqual([]);
});
