import { describe, expect, test } from 'vitest';
import { charts } from '../../../machines/index.ts';
import { statePath } from '../../../machines/state-path.ts';
import { EntryEncoder } from '../../../src/journal/entry-encoder.ts';
import { activeStates, readChart } from '../../../src/visualize/read-chart.ts';
import { settledVoter } from '../../support/chart-run.ts';
import { pageModule } from './page-modules.ts';

const { activeIds, commonParent } = await pageModule('state-path');
const { arrowsTaken } = await pageModule('arrows');
const { readLog } = await pageModule('read-log');
const { bytes, duration, eventName } = await pageModule('words');

describe('a state as one line', () => {
  test('is read back into all the states that are active', () => {
    const { snapshot } = settledVoter();
    const ids = activeIds('node', statePath(snapshot.value));
    expect(new Set(ids)).toEqual(activeStates(readChart('node', charts.node), snapshot.value));
  });

  test.each([
    ['', ['n']],
    ['preparing', ['n', 'n.preparing']],
    ['a.(b.c d)', ['n', 'n.a', 'n.a.b', 'n.a.b.c', 'n.a.d']],
    ['a.(b.(c d.e) f)', ['n', 'n.a', 'n.a.b', 'n.a.b.c', 'n.a.b.d', 'n.a.b.d.e', 'n.a.f']],
    ['a.((', ['n', 'n.a']],
  ])('%j', (line, ids) => {
    expect(activeIds('n', line)).toEqual(ids);
  });

  test('has a parent that all states share', () => {
    expect(commonParent(['n.a.b.c', 'n.a.d'])).toBe('n.a');
    expect(commonParent(['n.a.b', 'n.ab'])).toBe('n');
  });
});

describe('the arrows that a step took', () => {
  const arrow = (from: string, to: string, ...events: string[]) => ({ from, to, events });

  test('are those of its event, whatever else leads there', () => {
    const wanted = arrow('n.a', 'n.b', 'done: work');
    const arrows = [arrow('n.a', 'n.b', 'after retry'), wanted];
    expect(arrowsTaken(arrows, ['n', 'n.a'], ['n', 'n.b'], 'xstate.done.actor.work')).toEqual([
      wanted,
    ]);
    const retried = arrowsTaken(arrows, ['n.a'], ['n.b'], 'xstate.after.retry.n.a');
    expect(retried).toEqual([arrows[0]]);
  });

  test('lead through a state in which the chart did not stay', () => {
    const arrows = [arrow('n.a', 'n.b', 'always'), arrow('n.b', 'n.c', 'always')];
    expect(arrowsTaken(arrows, ['n.a'], ['n.c'], 'x')).toEqual(arrows);
  });

  test('are none when nothing was entered', () => {
    expect(arrowsTaken([arrow('n.a', 'n.b', 'x')], ['n.a'], ['n.a'], 'x')).toEqual([]);
  });
});

describe('a recorded log', () => {
  const header = {
    format: 'e2d-events',
    version: 1,
    run: 'r',
    segment: 1,
    node: 'a',
    begunAt: '2026-01-01T00:00:00.000Z',
    begunAtMs: 1000,
    checkpoint: null,
  };
  const entry = (seq: number, more: object) => ({
    seq,
    atMs: 1000 + seq,
    event: { type: 'x' },
    state: 'preparing',
    effects: [],
    ...more,
  });
  const log = (...lines: object[]) =>
    [header, ...lines].map((line) => `${JSON.stringify(line)}\n`).join('');

  test('gives steps at wall time, with the timers and actors that ran then', () => {
    const timer = { id: 'xstate.after.retry.node.a', delayMs: 500 };
    const { steps, note } = readLog(
      'x',
      log(
        entry(1, {
          effects: [
            { kind: 'start', id: 'look', src: 'look', input: {} },
            { kind: 'schedule', ...timer, event: { type: timer.id } },
          ],
        }),
        { seq: 2, atMs: 1002, again: 1 },
        entry(3, { event: { type: 'xstate.done.actor.look' }, state: 'active.running' }),
        entry(4, { event: { type: timer.id } }),
        { seq: 5, atMs: 1005, again: 1 },
      ),
    );
    expect(note).toBeNull();
    expect(steps.map(({ seq, times }) => [seq, times])).toEqual([
      [1, 3],
      [3, 1],
      [4, 1],
    ]);
    expect(steps[1]).toMatchObject({
      node: 'a',
      wallMs: Date.parse(header.begunAt) + 3,
      from: 'preparing',
      to: 'active.running',
    });
    expect(steps.map(({ actors }) => actors.length)).toEqual([1, 0, 0]);
    expect(steps.map(({ timers }) => timers.map(({ name }) => name))).toEqual([
      ['retry'],
      ['retry'],
      [],
    ]);
  });

  test('is read as e2d writes it', () => {
    const { snapshot } = settledVoter();
    const encoder = new EntryEncoder();
    const step = { seq: 1, atMs: 1000, event: { type: 'etcd.probed' }, snapshot, effects: [] };
    const lines = [step, { ...step, seq: 2 }].map((one) => encoder.encode(one));
    const { steps } = readLog('x', `${JSON.stringify(header)}\n${lines.join('\n')}\n`);
    expect(steps).toHaveLength(1);
    expect(steps[0]).toMatchObject({ to: statePath(snapshot.value), times: 2 });
  });

  test('is refused, or shown in part, in a sentence', () => {
    expect(() => readLog('x', '{"a":1}')).toThrow('x is not an event log of e2d');
    expect(() => readLog('x', JSON.stringify({ ...header, version: 2 }))).toThrow('version 2');
    expect(() => readLog('x', `${log(entry(1, {}))}{}\n${JSON.stringify(entry(2, {}))}`)).toThrow(
      'line 3',
    );
    const torn = readLog('x', `${log(entry(1, {}))}{"seq":2,"at`);
    expect(torn.steps).toHaveLength(1);
    expect(torn.note).toContain('cut off');
    expect(readLog('x', log()).note).toContain('no step');
  });
});

test('times, sizes and events are said as people say them', () => {
  expect([400, 12_300, 185_000, 7_800_000, 300_000_000].map(duration)).toEqual([
    '0.4 s',
    '12 s',
    '3 min 05 s',
    '2 h 10 min',
    '3 d 11 h',
  ]);
  expect([12, 4096, 5_500_000].map(bytes)).toEqual(['12 B', '4.0 KiB', '5.2 MiB']);
  expect(eventName('xstate.error.actor.prepare')).toBe('error: prepare');
  expect(eventName('xstate.after.retry.node.active')).toBe('after retry');
  expect(eventName('etcd.probed')).toBe('etcd.probed');
});
