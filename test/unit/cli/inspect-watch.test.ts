import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { InspectReport } from '../../../machines/inspect-report.ts';
import { watchNode } from '../../../src/cli/inspect-watch.ts';
import { E2dError } from '../../../src/errors/e2d-error.ts';
import { suspectingRun } from '../../support/inspect-example.ts';
import { waitUntil } from '../../support/wait-until.ts';

const enter = '\u001b[?1049h';
const leave = '\u001b[?1049l';
const report = suspectingRun().report();

/** A watch over answers that a test gives one by one; what is on the terminal is kept. */
function watching(answer: () => InspectReport, size = { columns: 60, rows: 8 }) {
  const ended = new AbortController();
  let written = '';
  const output = {
    ...size,
    write: (text: string) => {
      written += text;
    },
  };
  let nowMs = 0;
  const finished = watchNode({
    first: report,
    ask: async () => answer(),
    render: ({ atMs }) => [`at ${atMs}`],
    output,
    colour: false,
    nowMs: () => {
      nowMs += 1_000;
      return nowMs;
    },
    signal: ended.signal,
  });
  return {
    end: () => ended.abort(),
    output,
    finished,
    raw: () => written,
    text: () => stripVTControlCharacters(written),
    shows: (what: RegExp) =>
      waitUntil(() => what.test(stripVTControlCharacters(written)), {
        what: `the terminal shows ${what}`,
        withinMs: 10_000,
      }),
  };
}

describe('a live view', () => {
  test('draws each answer, and gives the terminal back when it ends', async () => {
    let atMs = 1;
    const view = watching(() => {
      atMs += 1;
      return { ...report, atMs };
    });
    await view.shows(/at 3/);
    expect(view.text()).toContain('Live. Ctrl-C or q ends it.');
    expect(view.raw()).toContain(enter);
    expect(view.raw()).not.toContain(leave);
    view.end();
    await view.finished;
    expect(view.raw().endsWith(leave)).toBe(true);
  });

  test('goes on while the daemon is away, and says since when', async () => {
    let isAway = true;
    const view = watching(() => {
      if (isAway) throw new E2dError('Gone.', { code: 'E2D_NOT_RUNNING' });
      return { ...report, atMs: 7 };
    });
    await view.shows(/No answer for \d+s \(Gone\.\)/);
    isAway = false;
    await view.shows(/at 7/);
    view.end();
    await view.finished;
  });

  test('ends with an error that would not pass, on the terminal as it was', async () => {
    const denied = new E2dError('Not you.', { code: 'E2D_CONTROL_DENIED' });
    const view = watching(() => {
      throw denied;
    });
    await expect(view.finished).rejects.toBe(denied);
    expect(view.raw().endsWith(leave)).toBe(true);
  });

  test('draws on 80 columns and 24 rows where the terminal knows no size', async () => {
    const view = watching(() => report, { columns: 0, rows: 0 });
    await view.shows(/at \d+/);
    expect(view.text()).toContain('Live. Ctrl-C or q ends it.');
    view.end();
    await view.finished;
  });

  test('cuts what does not fit, and says so', async () => {
    const view = watching(() => report, { columns: 40, rows: 2 });
    await view.shows(/Live/);
    expect(view.text()).toContain('… 2 more lines: the terminal is too low');
    expect(view.text()).not.toContain('at ');
    view.output.rows = 9;
    await view.shows(new RegExp(`at ${report.atMs}`));
    view.end();
    await view.finished;
  });
});
