import { WriteStream } from 'node:tty';
import type { StatusReport } from '../../../machines/status-report.ts';
import { controlSocketOf } from '../../config/paths.ts';
import { E2dError } from '../../errors/e2d-error.ts';
import { locateEtcd } from '../../etcd/binaries/locate.ts';
import { progressLines } from '../../etcd/binaries/progress-lines.ts';
import type { FeedLine } from '../../playground/feed.ts';
import { play } from '../../playground/play.ts';
import { Playground } from '../../playground/playground.ts';
import { clearLeftovers } from '../../playground/sandbox.ts';
import { stories } from '../../playground/stories.ts';
import type { ScriptName } from '../../playground/story-names.ts';
import { scriptNames } from '../../playground/story-names.ts';
import { tellStory } from '../../playground/tell-story.ts';
import type { Invocation } from '../command.ts';
import { askNode } from '../control-client.ts';
import { etcdSearch } from '../etcd-search.ts';
import { ownFlag } from '../own-flags.ts';
import { isStatusReport } from '../status-shape.ts';
import { listenForHangUp, listenForStop } from '../stop-signals.ts';

/** Stories are about a leader and others that go on without it. */
const leastForStories = 3;

type Start = (onFeed: (line: FeedLine) => void) => Promise<Playground>;

export async function run(invocation: Invocation): Promise<number> {
  const { terminal } = invocation;
  const script = scriptNames.find((name) => name === ownFlag('script', invocation));
  const { stop, release } = listenForStop();
  // A terminal that was closed must not leave a cluster behind.
  const terminalEnd = listenForHangUp();
  const { hangUp } = terminalEnd;
  const signal = AbortSignal.any([stop.orderly, hangUp.signal]);
  try {
    // Also finds what is wrong with the flags, before anything else is done.
    const search = await etcdSearch(invocation, signal);
    if (script === 'list') return list(terminal.out);
    const size = Number(ownFlag('nodes', invocation));
    if (script !== undefined && size < leastForStories) throw tooSmall(size);
    const screen = script === undefined ? terminalOrRefusal() : null;
    const { dir } = await locateEtcd({
      ...search,
      onProgress: progressLines({ isTerminal: terminal.errIsTerminal, write: terminal.err }),
    });
    for (const folder of clearLeftovers()) terminal.err(`Cleared away ${folder}.\n`);
    const start = starter(size, dir);
    if (screen !== null) {
      const isThere = await play({ start, signal, ...screen });
      if (!isThere) hangUp.abort('SIGHUP');
      return 0;
    }
    return await tell(script ?? 'all', { start, signal, out: terminal.out });
  } finally {
    release();
    terminalEnd.release();
  }
}

function list(out: (text: string) => void): number {
  const width = Math.max(...stories.map(({ name }) => name.length));
  for (const { name, summary } of stories) out(`${name.padEnd(width)}  ${summary}\n`);
  out(`${'all'.padEnd(width)}  All of them, one after the other.\n`);
  return 0;
}

function tooSmall(size: number): E2dError {
  return new E2dError(`A story takes at least ${leastForStories} nodes, not ${size}.`, {
    code: 'E2D_BAD_CONFIG',
    exit: 2,
    remedy: 'Leave --nodes out, or give 3 or 5.',
  });
}

interface Telling {
  readonly start: Start;
  readonly signal: AbortSignal;
  readonly out: (text: string) => void;
}

async function tell(script: ScriptName, { start, signal, out }: Telling): Promise<number> {
  const { obstacleToCuts } = await import('../../playground/network.ts');
  const obstacle = obstacleToCuts();
  const print = (line: string) => out(`${line}\n`);
  let failed = 0;
  try {
    for (const story of stories.filter(({ name }) => script === 'all' || script === name)) {
      if (story.needsCuts && obstacle !== null) {
        print(`Story ${story.name} cannot be told here. ${obstacle}`);
        if (script !== 'all') failed += 1;
      } else if (!(await tellStory(story, { start, print, signal }))) failed += 1;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new E2dError(`The story was ended by ${String(signal.reason)} before its end.`, {
      code: 'E2D_INTERRUPTED',
      cause: error,
    });
  }
  return failed === 0 ? 0 : 1;
}

/** The streams of a terminal. Throws `E2D_NO_TERMINAL` where there is none to draw on. */
function terminalOrRefusal() {
  const { stdin: input, stdout: output } = process;
  if (input.isTTY === true && output.isTTY === true && process.env['TERM'] !== 'dumb') {
    return {
      input,
      output: new WriteStream(output.fd),
      // A terminal of size 0 is one that nobody has told its size.
      size: () => ({ columns: output.columns || 80, rows: output.rows || 24 }),
      colour: (process.env['NO_COLOR'] ?? '') === '',
    };
  }
  throw new E2dError('The playground draws on a terminal and reads keys, and here is none.', {
    code: 'E2D_NO_TERMINAL',
    exit: 2,
    remedy: 'Run it in a terminal, or have a story told: "e2d playground --script kill-leader".',
  });
}

function starter(size: number, etcdBinDir: string): Start {
  const main = process.argv[1];
  if (main === undefined) throw new Error('this program does not know its own path');
  return (onFeed) =>
    Playground.start({
      size,
      program: [process.execPath, ...process.execArgv, main],
      etcdBinDir,
      environment: plainEnvironment(),
      askStatus,
      onFeed,
    });
}

/** Without what would configure the nodes or their etcd behind our back. */
function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(E2D|ETCD|ETCDCTL)_/.test(name)),
  );
}

async function askStatus(stateDir: string, timeoutMs: number): Promise<StatusReport> {
  const report = await askNode(controlSocketOf(stateDir), { method: 'status' }, { timeoutMs });
  if (isStatusReport(report)) return report;
  throw new E2dError(`The e2d of ${stateDir} reports in a form that this e2d does not know.`, {
    code: 'E2D_CONTROL_MISMATCH',
  });
}
