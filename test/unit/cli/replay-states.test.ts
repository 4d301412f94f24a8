import { describe, expect, test } from 'vitest';
import { moment, placeOf } from '../../../src/cli/replay-moment.ts';
import { isTransition, stateLines } from '../../../src/cli/replay-states.ts';
import type { Instant, Timeline } from '../../../src/journal/replay/timeline.ts';
import { removalRun } from '../journal/replay/recorded-run.ts';

const { header, entries } = removalRun();
const nodes = ['a', 'a-node-with-a-long-name'].map((label) => ({ label, node: label }));
const beginsAtMs = Date.parse(header.begunAt);

function instants(label: string): Instant[] {
  const run = { label, node: label };
  return entries.map((entry) => {
    return { run, header, entry, wallMs: beginsAtMs + entry.atMs - header.begunAtMs };
  });
}

function linesAt(columns: number | null): string[] {
  const line = stateLines(nodes, columns);
  return nodes.flatMap(({ label }) => {
    let before: string | null = null;
    return instants(label).flatMap((instant) => {
      const lines = isTransition(instant, before) ? [line(instant, before)] : [];
      before = instant.entry.state;
      return lines;
    });
  });
}

describe('lines of transitions', () => {
  test.each([40, 59, 60, 79, 80, 120, 200])('fit into %i columns, in columns', (columns) => {
    const lines = linesAt(columns);
    expect(lines).toHaveLength(12);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    const arrows = lines.map((line) => /\d [→a-z(]/.exec(line)?.index);
    expect(new Set(arrows).size).toBe(1);
    expect(lines.some((line) => line.includes('→'))).toBe(true);
  });

  test('tell at 40 columns when, who, which and where to', () => {
    const [first, , third] = linesAt(40);
    expect(first).toBe('10:00:00 a           1 → preparing');
    expect(third).toBe('10:00:00 a           3 → etcd.up.starti…');
  });

  test('are whole where there is no terminal', () => {
    const last = linesAt(null).at(-1) ?? '';
    expect(last).toContain('a-node-with-a-long-name     66 members.observed');
    expect(last).toMatch(/by every kind of evidence\)$/);
  });
});

const timeline: Timeline = {
  runs: [{ label: 'a', node: 'a' }],
  beginsAtMs: Date.parse('2026-01-02T10:00:00.500Z'),
  instants: (async function* () {})(),
};

describe('moments', () => {
  test.each([
    ['120', { label: 'a', seq: 120 }],
    ['a:7', { label: 'a', seq: 7 }],
    ['90s', '2026-01-02T10:01:30.500Z'],
    ['1h', '2026-01-02T11:00:00.500Z'],
    ['10:00:00', '2026-01-02T10:00:00.000Z'],
    ['10:05', '2026-01-02T10:05:00.000Z'],
    ['9:59:59', '2026-01-03T09:59:59.000Z'],
    ['2026-01-05T06:07:08.9', '2026-01-05T06:07:08.900Z'],
    ['2026-01-05T06:07:08+02:00', '2026-01-05T04:07:08.000Z'],
    ['2026-01-05', '2026-01-05T00:00:00.000Z'],
  ])('%s', (text, expected) => {
    const wanted = moment.parse(text);
    if (wanted === undefined) throw new Error('not understood');
    const place = placeOf(wanted, timeline);
    expect('seq' in place ? place : new Date(place.wallMs).toISOString()).toEqual(expected);
  });

  test.each(['', '0', '-3', 'soon', '25:00', '10:61:00', '2026-13-01T00:00:00Z', 'a:', ':3'])(
    '%j is none',
    (text) => {
      expect(moment.parse(text)).toBeUndefined();
    },
  );
});
