import { setTimeout as sleep } from 'node:timers/promises';
import type { InspectReport } from '../../machines/inspect-report.ts';
import { E2dError, textOf } from '../errors/e2d-error.ts';

/** Asks the daemon how it is, with the steps after number `since`; all it still has without one. */
export type AskReport = (options: {
  readonly since?: number;
  readonly signal: AbortSignal;
}) => Promise<InspectReport>;

/** What the page is told: a report that differs, or why there is none. */
export type LiveNews =
  | { readonly kind: 'report'; readonly report: InspectReport }
  | { readonly kind: 'trouble'; readonly message: string; readonly remedy: string | null };

export interface LiveOptions {
  readonly ask: AskReport;
  /** The pause between two questions. */
  readonly pollMs: number;
  readonly signal: AbortSignal;
}

/**
 * Follows the daemon until the signal aborts. Trouble is told once, and ended by the next report,
 * which then comes with all the steps that the daemon still has.
 */
export async function* followReports({
  ask,
  pollMs,
  signal,
}: LiveOptions): AsyncGenerator<LiveNews> {
  let seen: Seen | null = null;
  let trouble = '';
  while (!signal.aborted) {
    try {
      const report = await askAgain({ ask, signal }, seen);
      const now = seenIn(report, seen);
      if (seen === null || now.seq !== seen.seq || now.rest !== seen.rest) {
        yield { kind: 'report', report };
      }
      seen = now;
      trouble = '';
    } catch (problem) {
      if (signal.aborted) return;
      const news = troubleOf(problem);
      seen = null;
      if (news.message !== trouble) yield news;
      trouble = news.message;
    }
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
  }
}

/** As much of the latest report as tells whether the next one says anything new. */
interface Seen {
  readonly pid: number;
  /** Of the newest step; 0 before the first. */
  readonly seq: number;
  /** Everything but the steps and the passing of time. */
  readonly rest: string;
}

function seenIn(report: InspectReport, before: Seen | null): Seen {
  const { recent, ...rest } = report;
  const { pid } = report.node;
  const known = before?.pid === pid ? before.seq : 0;
  const seq = Math.max(known, ...recent.map(({ lastSeq }) => lastSeq));
  return { pid, seq, rest: JSON.stringify(withoutAges(rest)) };
}

/** Another process counts its steps from the beginning. */
async function askAgain(
  { ask, signal }: Pick<LiveOptions, 'ask' | 'signal'>,
  seen: Seen | null,
): Promise<InspectReport> {
  if (seen === null) return ask({ signal });
  const report = await ask({ since: seen.seq, signal });
  return report.node.pid === seen.pid ? report : ask({ signal });
}

function troubleOf(problem: unknown): LiveNews & { kind: 'trouble' } {
  const remedy = problem instanceof E2dError ? (problem.remedy ?? null) : null;
  return { kind: 'trouble', message: textOf(problem), remedy };
}

const ages = new Set(['atMs', 'askedAt', 'sinceMs', 'leftMs']);

/** A report without what changes by the mere passing of time: the page counts that itself. */
function withoutAges(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAges);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !ages.has(key));
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutAges(inner)]));
}
