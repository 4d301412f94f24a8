import { setTimeout as pause } from 'node:timers/promises';
import type { InspectReport } from '../../machines/inspect-report.ts';
import { E2dError } from '../errors/e2d-error.ts';
import type { RestoreWatch } from './restore-watch.ts';

export interface FollowOptions {
  readonly watch: RestoreWatch;
  readonly ask: (since: number) => Promise<InspectReport>;
  readonly tell: (line: string) => void;
  readonly signal: AbortSignal;
  /** How long to watch; the restore goes on without us. */
  readonly waitMs: number;
  readonly pauseMs?: number;
  readonly nowMs?: () => number;
}

/** A busy e2d, or one that is being started again, is no reason to stop looking. */
const passing = ['E2D_CONTROL_TIMEOUT', 'E2D_CONTROL_FAILED', 'E2D_NOT_RUNNING'];

/**
 * Tells how a restore goes until it is done; gives the report of the new cluster. Throws
 * `E2D_RESTORE_FAILED`, and `E2D_RESTORE_UNFINISHED` when the time to watch is over.
 */
export async function followRestore(options: FollowOptions): Promise<InspectReport> {
  const { watch, tell, signal, waitMs, pauseMs = 300, nowMs = () => performance.now() } = options;
  const endMs = nowMs() + waitMs;
  for (;;) {
    signal.throwIfAborted();
    const report = await reportOrNull(options);
    if (report !== null) {
      const { lines, verdict } = watch.note(report);
      for (const line of lines) tell(line);
      if (verdict.kind === 'done') return report;
      if (verdict.kind === 'failed') throw failed(verdict.sentence);
    }
    if (nowMs() >= endMs) throw unfinished(report);
    await pause(pauseMs, undefined, { signal });
  }
}

async function reportOrNull({ ask, watch }: FollowOptions): Promise<InspectReport | null> {
  try {
    return await ask(watch.seq);
  } catch (problem) {
    if (problem instanceof E2dError && passing.includes(problem.code)) return null;
    throw problem;
  }
}

function failed(sentence: string): E2dError {
  return new E2dError(`The restore came to nothing: ${sentence}.`, {
    code: 'E2D_RESTORE_FAILED',
    remedy: 'The data is where it was. Look at "e2d status", remove the cause, and try again.',
  });
}

function unfinished(report: InspectReport | null): E2dError {
  const where = report === null ? 'e2d does not answer' : `the node is ${report.node.state}`;
  return new E2dError(`The restore is not done yet: ${where}.`, {
    code: 'E2D_RESTORE_UNFINISHED',
    remedy: 'It goes on without this command: "e2d status" and "e2d inspect" show how.',
  });
}
