import { charts } from '../../../machines/index.ts';
import { openLogs } from '../../journal/open-logs.ts';
import { mergeRuns, type Timeline } from '../../journal/replay/timeline.ts';
import { definitionHash } from '../../visualize/definition-hash.ts';
import { readChart } from '../../visualize/read-chart.ts';
import type { Invocation } from '../command.ts';
import { placeOf } from '../replay-moment.ts';
import type { RunVerdict } from '../replay-pass.ts';
import { replayProgress } from '../replay-progress.ts';
import { type ReplayRequest, readRequest } from '../replay-request.ts';
import { isOtherChart, verdictLines } from '../replay-verdict.ts';
import { type Answering, answer } from '../replay-views.ts';

/** Exits with 0 where all that was compared is the same, and with 1 where a replay diverged. */
export async function run(invocation: Invocation): Promise<number> {
  const { terminal } = invocation;
  const request = readRequest(invocation);
  const runs = await openLogs(request.files, {
    onNote: ({ sentence }) => terminal.err(`e2d: ${sentence}\n`),
  });
  const timeline = await mergeRuns(runs);
  const progress = replayProgress(terminal, request.view.kind !== 'states');
  const chart = readChart('node', charts.node);
  const verdicts = await answer(request.view, {
    ...placesOf(request, timeline),
    timeline,
    chart,
    chartHash: definitionHash(chart),
    asJson: request.asJson,
    out: terminal.out,
    progress,
  });
  progress.end();
  if (request.view.kind !== 'check') report(verdicts, definitionHash(chart), terminal.err);
  return verdicts.some(({ divergence }) => divergence !== null) ? 1 : 0;
}

function placesOf(
  { from, until }: ReplayRequest,
  timeline: Timeline,
): Pick<Answering, 'from' | 'until'> {
  return {
    from: from && placeOf(from, timeline),
    until: until && placeOf(until, timeline),
  };
}

/** Beside a view that is not about it: where a replay diverged. */
function report(
  verdicts: readonly RunVerdict[],
  chartHash: string,
  err: (text: string) => void,
): void {
  for (const verdict of verdicts.filter(({ divergence }) => divergence !== null)) {
    err(`${verdictLines(verdict, chartHash).join('\n')}\n`);
  }
  const others = verdicts.filter((verdict) => isOtherChart(verdict, chartHash));
  const labels = others.map(({ run: { label } }) => label).join(', ');
  if (labels !== '') err(`e2d: Another version's chart was recorded of ${labels}.\n`);
}
