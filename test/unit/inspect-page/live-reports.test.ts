import { expect, test } from 'vitest';
import type { InspectReport } from '../../../machines/inspect-report.ts';
import { E2dError } from '../../../src/errors/e2d-error.ts';
import {
  type AskReport,
  followReports,
  type LiveNews,
} from '../../../src/inspect-page/live-reports.ts';

/** As much of a report as following it needs. */
function report(pid: number, seqs: readonly number[], more: object = {}): InspectReport {
  const recent = seqs.map((seq) => ({ seq, lastSeq: seq }));
  return { node: { pid, sinceMs: Math.random() }, recent, ...more } as unknown as InspectReport;
}

/** What is told while these answers come, one a question, and what was asked. */
async function follow(...answers: readonly (InspectReport | Error)[]) {
  const asked: (number | undefined)[] = [];
  const end = new AbortController();
  const left = [...answers];
  const ask: AskReport = async ({ since }) => {
    asked.push(since);
    const answer = left.shift();
    if (left.length === 0) end.abort();
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error('over');
    return answer;
  };
  const told: LiveNews[] = [];
  for await (const news of followReports({ ask, pollMs: 1, signal: end.signal })) told.push(news);
  return { asked, told };
}

test('tells what is new, and not that time has passed', async () => {
  const next = report(1, [4]);
  const { asked, told } = await follow(
    report(1, [1, 2]),
    report(1, []),
    next,
    report(1, []),
    report(1, [], { leader: 'b' }),
    report(1, []),
  );
  expect(asked).toEqual([undefined, 2, 2, 4, 4, 4]);
  expect(told.map((news) => news.kind)).toEqual(['report', 'report', 'report', 'report']);
  expect(told[1]).toEqual({ kind: 'report', report: next });
});

test('asks another process for everything that it knows', async () => {
  const all = report(2, [1, 2, 3]);
  const { asked, told } = await follow(report(1, [50]), report(2, []), all, report(2, []));
  expect(asked).toEqual([undefined, 50, undefined, 3]);
  expect(told.at(-1)).toEqual({ kind: 'report', report: all });
});

test('tells trouble once, with what can be done, and that it is over', async () => {
  const trouble = new E2dError('It is gone.', { code: 'E2D_NOT_RUNNING', remedy: 'Start it.' });
  const { asked, told } = await follow(
    report(1, [7]),
    trouble,
    trouble,
    report(1, [7]),
    report(1, []),
  );
  expect(asked).toEqual([undefined, 7, undefined, undefined, 7]);
  expect(told.map((news) => news.kind)).toEqual(['report', 'trouble', 'report']);
  expect(told[1]).toEqual({ kind: 'trouble', message: 'It is gone.', remedy: 'Start it.' });
});
