import { loadValues } from '../config/load-config.ts';
import type { OptionValues } from '../config/options.ts';
import { snapshotConfigOf } from '../config/snapshot-config.ts';
import { type Surroundings, thisMachine } from '../config/surroundings.ts';
import { E2dError } from '../errors/e2d-error.ts';
import { harmless } from '../errors/shown.ts';
import { EtcdFault } from '../etcd/client/etcd-fault.ts';
import { type OpenSnapshots, openSnapshots } from '../node/snapshots/open-snapshots.ts';
import type { Invocation } from './command.ts';
import { helpOf } from './own-flags.ts';
import { listenForStop } from './stop-signals.ts';

export interface Session {
  readonly values: OptionValues;
  readonly surroundings: Surroundings;
  /** Aborts when the person has had enough. */
  readonly signal: AbortSignal;
}

export interface StoreSession extends Session {
  readonly snapshots: OpenSnapshots;
}

/** Reads the options, and has the work end when a signal says so. */
export async function inSession(
  { command, flags }: Invocation,
  work: (session: Session) => Promise<number>,
): Promise<number> {
  const surroundings = thisMachine();
  const values = await loadValues({ help: helpOf(command), flags }, surroundings);
  const { stop, release } = listenForStop();
  const signal = stop.orderly;
  try {
    return await work({ values, surroundings, signal });
  } catch (error) {
    if (signal.aborted) throw interrupted(command.words, error);
    throw error instanceof EtcdFault ? etcdFailed(error) : error;
  } finally {
    release();
  }
}

/** As `inSession`, with the configured store open. */
export async function inStore(
  invocation: Invocation,
  work: (session: StoreSession) => Promise<number>,
): Promise<number> {
  return inSession(invocation, (session) => withStore(session, invocation, work));
}

/** Opens the store that the values lead to, and closes it when the work is done. */
export async function withStore<T>(
  session: Session,
  { command }: Pick<Invocation, 'command'>,
  work: (session: StoreSession) => Promise<T>,
): Promise<T> {
  const { values, surroundings } = session;
  const snapshots = await openSnapshots(snapshotConfigOf(values, surroundings, helpOf(command)));
  try {
    return await work({ ...session, snapshots });
  } finally {
    snapshots.close();
  }
}

/** What a listing left out: each is told, and none ends the work. */
export function tellProblems(
  problems: readonly string[],
  { terminal }: Pick<Invocation, 'terminal'>,
): void {
  for (const problem of problems) terminal.err(`Warning: ${harmless(problem)}\n`);
}

function interrupted(words: readonly string[], cause: unknown): E2dError {
  return new E2dError(`"e2d ${words.join(' ')}" was interrupted.`, {
    code: 'E2D_INTERRUPTED',
    cause,
  });
}

function etcdFailed(fault: EtcdFault): E2dError {
  return new E2dError(`etcd did not do what it was asked (${fault.code}): ${fault.message}.`, {
    code: 'E2D_ETCD_FAILED',
    remedy:
      'Check that it runs, and that --client-addr, --host, -n and the TLS files are the node’s.',
    cause: fault,
  });
}
