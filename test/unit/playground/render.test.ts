import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderPlayground } from '../../../src/playground/render.ts';
import { inWords } from '../../../src/playground/render-nodes.ts';
import { nodeView, wiped } from './view-example.ts';

const wide = { columns: 100, rows: 30, colour: false };
const narrow = { columns: 40, rows: 20, colour: false };
const esc = '\u001b';

const linesOf = (view: typeof wiped, size: typeof wide) => renderPlayground(view, size).split('\n');

describe('the screen', () => {
  test('shows nodes, states, leader, writes and events', () => {
    const text = renderPlayground(wiped, wide);
    expect(text).toContain('e2d playground  3 nodes  quorum held, n1 leads  1:05');
    expect(text).toContain('41 writes/s  2345 acknowledged, longest gap 2.1 s  ▁▂▄██');
    expect(text).toMatch(/^ {2}n1 +e2d, etcd +leader +healthy +voting +bootstrap-new *$/m);
    expect(text).toMatch(
      /^> n2 +e2d, etcd +learner +healthy +learning +remove-dead-then-rejoin *$/m,
    );
    expect(text).toMatch(/^ {2}n3 +paused +follower +unhealthy +no answer *$/m);
    expect(text).toMatch(/^n2 is in active\.running\.\(etcd\.up\.healthy/m);
    expect(text).toMatch(/^next: promote this learner once .* \(rule S13\)$/m);
    expect(text).toMatch(/^ 1:00 you take the disk of n2$/m);
    expect(text).toMatch(/^ 1:01 n2 {2}decides to remove-dead-then-rejoin: /m);
    expect(text.split('\n').at(-1)).toMatch(/^n2: k kill etcd .* q quit$/);
  });

  test('fits into 40 columns and 20 rows, with what matters most', () => {
    const lines = linesOf(wiped, narrow);
    expect(lines).toHaveLength(20);
    expect(lines[0]).toBe('e2d  quorum held, n1 leads  1:05');
    expect(lines.slice(1, 3)).toEqual(['41 writes/s', '2345 acked, longest gap 2.1 s']);
    expect(lines.slice(4, 8)).toEqual([
      '  NODE RUNS       ROLE      STATE       ',
      '  n1   e2d, etcd  leader    voting      ',
      '> n2   e2d, etcd  learner   learning    ',
      '  n3   paused     follower  no answer   ',
    ]);
    expect(lines.slice(9, 12)).toEqual([
      ' 0:01 n1  starts etcd (rule S7)',
      ' 1:00 you take the disk of n2',
      ' 1:01 n2  decides to',
    ]);
    expect(lines.at(-1)).toBe('n2: k K x r p w c h  ? help  q quit');
  });

  test('never breaks out of its size, whatever that is', () => {
    const size = fc.record({
      columns: fc.integer({ min: 1, max: 200 }),
      rows: fc.integer({ min: 1, max: 60 }),
      colour: fc.constant(false),
    });
    fc.assert(
      fc.property(size, fc.boolean(), (one, showsHelp) => {
        const lines = linesOf({ ...wiped, showsHelp }, one);
        expect(lines).toHaveLength(one.rows);
        for (const line of lines) expect([...line].length).toBeLessThanOrEqual(one.columns);
      }),
    );
  });

  test('has colours only where they are wanted, and then the same text', () => {
    const coloured = renderPlayground(wiped, { ...wide, colour: true });
    const codes = new RegExp(`${esc}\\[[0-9;]+m`, 'g');
    expect(coloured.match(codes)?.length).toBeGreaterThan(10);
    expect(coloured.replace(codes, '')).toBe(renderPlayground(wiped, wide));
    expect(renderPlayground(wiped, wide)).not.toContain(esc);
  });

  test('says since when nothing was written', () => {
    const writes = { ...wiped.writes, perSecond: 0, sinceLastMs: 3_200 };
    expect(linesOf({ ...wiped, writes }, wide)[1]).toMatch(/^no write for 3\.2 s /);
  });

  test('keeps the latest events, and drops the earliest', () => {
    const feed = Array.from({ length: 50 }, (_, index) => ({
      atMs: index * 1_000,
      who: 'n1',
      text: `event ${index}.`,
    }));
    const text = renderPlayground({ ...wiped, feed }, wide);
    expect(text).toContain('event 49.');
    expect(text).not.toContain('event 9.');
  });

  test('explains every key on a page of its own', () => {
    const text = renderPlayground({ ...wiped, showsHelp: true }, narrow);
    for (const key of ['k', 'K', 'x', 'r', 'p', 'w', 'c', 'h', '\\?', 'q']) {
      expect(text).toMatch(new RegExp(`^${key} {7}\\w`, 'm'));
    }
    expect(text).not.toContain('writes');
  });
});

describe('what runs on a node', () => {
  const shown = (over: Parameters<typeof nodeView>[1]) =>
    linesOf({ ...wiped, nodes: [nodeView('n1', over)], selected: 0 }, wide)[4];
  const both = { e2d: true, etcd: true, paused: false };

  test.each([
    [{ ...both, e2d: false }, 'etcd alone'],
    [{ ...both, etcd: false }, 'e2d alone'],
    [{ e2d: false, etcd: false, paused: false }, 'off'],
    [{ ...both, paused: true }, 'paused'],
  ])('%j is "%s"', (processes, words) => {
    expect(shown({ processes })).toMatch(new RegExp(`^> n1 +${words} `));
  });

  test('a node that runs without a network is cut off', () => {
    expect(shown({ isCut: true })).toMatch(/^> n1 +cut off /);
  });
});

test.each([
  ['preparing', 'preparing', ''],
  ['active.surveying', 'surveying', ''],
  ['active.bootstrappingNew.pinning', 'bootstrappingNew', 'pinning'],
  ['active.running.(etcd.up.starting quorum.unknown standing.unknown)', 'etcd', 'starting'],
  ['active.running.(etcd.backingOff quorum.lost standing.unknown)', 'etcd', 'backingOff'],
  [
    'active.running.(etcd.up.healthy quorum.held standing.settling.recording)',
    'settling',
    'recording',
  ],
])('the state %s is "%s" and "%s"', (state, first, rest) => {
  expect(inWords(state)).toEqual([first, rest]);
});
