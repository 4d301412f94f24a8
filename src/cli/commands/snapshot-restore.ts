import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { snapshotKeyFilesOf } from '../../config/snapshot-config.ts';
import { E2dError } from '../../errors/e2d-error.ts';
import { locateEtcd } from '../../etcd/binaries/locate.ts';
import { progressLines } from '../../etcd/binaries/progress-lines.ts';
import { systemClock } from '../../node/clock.ts';
import { readKeys } from '../../node/snapshots/open-snapshots.ts';
import {
  type HandRestore,
  type HandSource,
  restoringByHand,
} from '../../node/snapshots/restore-by-hand.ts';
import { findEntry } from '../../snapshots/catalogue/find.ts';
import { byteProgress } from '../byte-progress.ts';
import type { Invocation } from '../command.ts';
import { confirm } from '../confirm.ts';
import { etcdSearch } from '../etcd-search.ts';
import { nodeConfigOf } from '../own-cluster.ts';
import { isOn, ownFlag } from '../own-flags.ts';
import { renderPreview, renderReceipt } from '../render-restore.ts';
import { castOf } from '../restore-cast.ts';
import { inSession, type Session, tellProblems, withStore } from '../snapshot-session.ts';

export async function run(invocation: Invocation): Promise<number> {
  return inSession(invocation, async (session) => {
    const config = await nodeConfigOf(invocation, session);
    // What is wrong with the flags is told before anything is fetched.
    castOf(membersGiven(invocation), config, null);
    const { signal } = session;
    const { terminal } = invocation;
    const binaries = await locateEtcd({
      ...(await etcdSearch(invocation, signal)),
      onProgress: progressLines({ isTerminal: terminal.errIsTerminal, write: terminal.err }),
    });
    const parts = { config, binaries, clock: systemClock, signal };
    return withSource(invocation, session, (source) =>
      restoringByHand(parts, async (restore) => {
        const cast = castOf(membersGiven(invocation), config, restore.present.identity);
        return restoreFrom(source, restore, { invocation, signal, cast, parts });
      }),
    );
  });
}

interface Restoring {
  readonly invocation: Invocation;
  readonly signal: AbortSignal;
  readonly cast: ReturnType<typeof castOf>;
  readonly parts: Parameters<typeof restoringByHand>[0];
}

async function restoreFrom(
  source: HandSource,
  restore: HandRestore,
  { invocation, signal, cast, parts: { config, binaries } }: Restoring,
): Promise<number> {
  const { terminal } = invocation;
  const totalBytes = await storedBytes(source);
  const progress = byteProgress(terminal);
  const fetched = await restore
    .fetch(source, (doneBytes) => progress.show({ what: 'Fetching', doneBytes, totalBytes }))
    .finally(() => progress.end());
  const nowMs = systemClock.wallTime().getTime();
  const preview = renderPreview({ fetched, restore, cast, config, binaries, nowMs });
  terminal.err(preview);
  if (!isOn('yes', invocation)) {
    await confirm({
      sentence: `\n${config.dataDir} becomes a cluster of its own.`,
      word: 'restore',
      terminal,
      signal,
    });
  }
  const { receipt, path } = await restore.carryOut(fetched, cast);
  const asJson = isOn('json', invocation);
  terminal.out(asJson ? `${JSON.stringify(receipt, null, 2)}\n` : renderReceipt(receipt, path));
  return 0;
}

function membersGiven(invocation: Invocation) {
  return {
    initialCluster: ownFlag('initial-cluster', invocation) as string | undefined,
    token: ownFlag('initial-cluster-token', invocation) as string | undefined,
    drawToken: () => `restored-${randomBytes(5).toString('hex')}`,
    isLatest: invocation.argument === 'latest',
  };
}

/** A file where the argument is the path of one; else a snapshot of the configured store. */
async function withSource<T>(
  invocation: Invocation,
  session: Session,
  work: (source: HandSource) => Promise<T>,
): Promise<T> {
  const { surroundings, values } = session;
  const argument = invocation.argument ?? '';
  const path = resolve(surroundings.cwd, argument);
  if (await isFile(path)) {
    const keys = await readKeys(snapshotKeyFilesOf(values, surroundings));
    return work({ kind: 'file', path, keys });
  }
  if (argument.startsWith('/') || argument.startsWith('.')) throw noSuchFile(path);
  return withStore(session, invocation, async ({ snapshots, signal }) => {
    const { entries, problems } = await snapshots.catalogue.list({ signal });
    tellProblems(problems, invocation);
    return work({ kind: 'store', entry: findEntry(entries, argument), snapshots });
  });
}

async function storedBytes(source: HandSource): Promise<number> {
  return source.kind === 'store' ? source.entry.storedBytes : (await stat(source.path)).size;
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

function noSuchFile(path: string): E2dError {
  return new E2dError(`There is no file ${path}.`, {
    code: 'E2D_SNAPSHOT_UNKNOWN',
    exit: 2,
    remedy: 'Name a file with a snapshot, or an ID that "e2d snapshot list" shows.',
  });
}
