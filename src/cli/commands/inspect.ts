import { charts } from '../../../machines/index.ts';
import type { InspectReport } from '../../../machines/inspect-report.ts';
import { badConfig } from '../../config/bad-config.ts';
import { loadValues } from '../../config/load-config.ts';
import { thisMachine } from '../../config/surroundings.ts';
import { E2dError } from '../../errors/e2d-error.ts';
import { readChart } from '../../visualize/read-chart.ts';
import { askInspection } from '../ask-reports.ts';
import type { Invocation } from '../command.ts';
import { pictureFormats, renderLivePicture } from '../inspect-picture.ts';
import { screenOf } from '../inspect-screen.ts';
import { watchNode } from '../inspect-watch.ts';
import { helpOf, isOn, ownFlag } from '../own-flags.ts';
import { nodeAddressOf } from '../remote-node.ts';
import { renderInspect } from '../render-inspect.ts';
import { listenForHangUp, listenForStop } from '../stop-signals.ts';

export async function run(invocation: Invocation): Promise<number> {
  const { terminal } = invocation;
  const format = ownFlag('format', invocation);
  const isWatch = isOn('watch', invocation);
  const ask = await asker(invocation);
  if (isWatch) refuseWatching(invocation, String(format));
  const report = await ask();
  if (isOn('web', invocation)) return serve(invocation, ask);
  if (isWatch) return watch(report, ask);
  terminal.out(await rendered(String(format), report));
  return 0;
}

async function serve(invocation: Invocation, ask: AskInspection): Promise<number> {
  const { serveInspection } = await import('./inspect-web.ts');
  const port = Number(ownFlag('port', invocation) ?? 0);
  const { stop, release } = listenForStop();
  const { terminal } = invocation;
  return serveInspection({ ask, port, terminal, signal: stop.orderly }).finally(release);
}

/** What is asked: everything, or what happened after a step; given up when the signal aborts. */
export type AskInspection = (options?: {
  readonly since?: number;
  readonly signal?: AbortSignal;
}) => Promise<InspectReport>;

async function asker(invocation: Invocation): Promise<AskInspection> {
  const { command, flags } = invocation;
  const surroundings = thisMachine();
  const values = await loadValues({ help: helpOf(command), flags }, surroundings);
  const node = await nodeAddressOf(invocation, values, surroundings);
  const timeoutMs = Number(ownFlag('timeout', invocation));
  return (options = {}) => askInspection(node, { timeoutMs, ...options });
}

async function rendered(format: string, report: InspectReport): Promise<string> {
  if (format === 'json') return `${JSON.stringify(report, null, 2)}\n`;
  const chart = readChart('node', charts.node);
  const picture = pictureFormats.find((name) => name === format);
  if (picture !== undefined) return renderLivePicture(picture, chart, report);
  const screen = screenOf({ stream: process.stdout, env: process.env });
  return `${renderInspect(report, chart, screen).join('\n')}\n`;
}

function refuseWatching({ command, flags }: Invocation, format: string): void {
  if (format !== 'tree') {
    const problem = `--watch draws the tree: it cannot be had with --format ${format}.`;
    throw badConfig({ ...flags, problems: [problem] }, helpOf(command));
  }
  if (process.stdout.isTTY === true && process.env['TERM'] !== 'dumb') return;
  throw new E2dError('--watch draws on a terminal, and here is none.', {
    code: 'E2D_NO_TERMINAL',
    exit: 2,
    remedy: 'Run it in a terminal, or leave --watch out.',
  });
}

async function watch(first: InspectReport, ask: AskInspection): Promise<number> {
  const chart = readChart('node', charts.node);
  const { stop, release } = listenForStop();
  const ended = new AbortController();
  const terminalEnd = listenForHangUp();
  const { hangUp } = terminalEnd;
  const keys = takeKeys({ quit: () => ended.abort('key'), hangUp });
  try {
    await watchNode({
      first,
      ask: (signal) => ask({ signal }),
      render: (report, screen) => renderInspect(report, chart, screen),
      output: process.stdout,
      colour: screenOf({ stream: process.stdout, env: process.env }).colour,
      nowMs: () => performance.now(),
      signal: AbortSignal.any([stop.orderly, hangUp.signal, ended.signal]),
    });
    return 0;
  } finally {
    keys.release();
    release();
    terminalEnd.release();
  }
}

const ctrlC = 3;

interface KeysEnd {
  readonly quit: () => void;
  /** Aborted too when there is nobody left who could press keys. */
  readonly hangUp: AbortController;
}

/** Keys are read so that they do not show on the screen; q and Ctrl-C end. */
function takeKeys({ quit, hangUp }: KeysEnd): { readonly release: () => void } {
  const { stdin } = process;
  if (stdin.isTTY !== true) return { release: () => undefined };
  const onKeys = (keys: Buffer) => {
    if (keys.includes('q') || keys.includes(ctrlC)) quit();
  };
  const onEnd = () => hangUp.abort('SIGHUP');
  stdin.setRawMode(true);
  stdin.on('data', onKeys).on('end', onEnd).on('error', onEnd);
  return {
    release: () => {
      stdin.off('data', onKeys).off('end', onEnd).off('error', onEnd).pause();
      if (!hangUp.signal.aborted) stdin.setRawMode(false);
    },
  };
}
