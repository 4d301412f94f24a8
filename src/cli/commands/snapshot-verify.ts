import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { badConfig } from '../../config/bad-config.ts';
import { E2dError } from '../../errors/e2d-error.ts';
import { locateEtcd } from '../../etcd/binaries/locate.ts';
import { progressLines } from '../../etcd/binaries/progress-lines.ts';
import { systemClock } from '../../node/clock.ts';
import { verifyStored } from '../../node/snapshots/fetch-stored.ts';
import { proveEntry } from '../../node/snapshots/prove-entry.ts';
import { findEntry } from '../../snapshots/catalogue/find.ts';
import type { SnapshotEntry } from '../../snapshots/catalogue/snapshot-entry.ts';
import { byteProgress } from '../byte-progress.ts';
import type { Invocation } from '../command.ts';
import { etcdSearch } from '../etcd-search.ts';
import { helpOf, isOn, ownFlag } from '../own-flags.ts';
import { inStore, type StoreSession, tellProblems } from '../snapshot-session.ts';

interface Verdict {
  readonly id: string;
  readonly sound: boolean;
  readonly sentence: string;
  /** From the download to a serving etcd, where it was put to the proof. */
  readonly rtoMs: number | null;
}

/** Looks at one entry; what it rejects with says nothing about the snapshot. */
type Check = (entry: SnapshotEntry, onProgress: (storedBytes: number) => void) => Promise<Verdict>;

export async function run(invocation: Invocation): Promise<number> {
  const all = isOn('all', invocation);
  if (all && invocation.argument !== undefined) {
    const problems = ['Give an ID or --all, not both.'];
    throw badConfig({ problems, warnings: [] }, helpOf(invocation.command));
  }
  return inStore(invocation, async (session) => {
    const { entries, problems } = await session.snapshots.catalogue.list(session);
    tellProblems(problems, invocation);
    const wanted = all ? entries : [findEntry(entries, invocation.argument ?? 'latest')];
    const work = isOn('restore', invocation) ? withProofs : withComparison;
    const verdicts = await work(invocation, session, (check) =>
      checkEach(wanted, check, invocation),
    );
    if (isOn('json', invocation)) {
      invocation.terminal.out(`${JSON.stringify({ verdicts, problems }, null, 2)}\n`);
    }
    return verdicts.every(({ sound }) => sound) ? 0 : 1;
  });
}

async function checkEach(
  entries: readonly SnapshotEntry[],
  check: Check,
  invocation: Invocation,
): Promise<readonly Verdict[]> {
  const { terminal } = invocation;
  const verdicts: Verdict[] = [];
  for (const entry of entries) {
    const progress = byteProgress(terminal);
    const verdict = await check(entry, (doneBytes) => {
      const what = `Reading ${entry.id}`;
      progress.show({ what, doneBytes, totalBytes: entry.storedBytes });
    }).finally(() => progress.end());
    verdicts.push(verdict);
    if (isOn('json', invocation)) continue;
    const took = verdict.rtoMs === null ? '' : ` (${(verdict.rtoMs / 1000).toFixed(1)} s)`;
    terminal.out(`${verdict.sound ? 'ok  ' : 'BAD '}  ${entry.id}${took}  ${verdict.sentence}\n`);
  }
  return verdicts;
}

type Work = (check: Check) => Promise<readonly Verdict[]>;

/** Size and hash, as they were when it was taken. */
async function withComparison(
  _invocation: Invocation,
  { snapshots, signal }: StoreSession,
  work: Work,
): Promise<readonly Verdict[]> {
  return work(async (entry, onProgress) => {
    const { id, kind } = entry;
    try {
      await verifyStored(entry, snapshots, { signal, onProgress });
      const sentence =
        kind === 'e2d'
          ? 'It has the size and the SHA-256 that it was taken with.'
          : 'It can be read; nothing is known to compare it with, but for --restore.';
      return { id, sound: true, sentence, rtoMs: null };
    } catch (problem) {
      if (!(problem instanceof E2dError) || problem.code !== 'E2D_SNAPSHOT_CORRUPT') throw problem;
      return { id, sound: false, sentence: problem.message, rtoMs: null };
    }
  });
}

/** A restore into a scratch etcd, whose outcome stays in the store. */
async function withProofs(
  invocation: Invocation,
  { snapshots, signal, surroundings }: StoreSession,
  work: Work,
): Promise<readonly Verdict[]> {
  const { terminal } = invocation;
  const binaries = await locateEtcd({
    ...(await etcdSearch(invocation, signal)),
    onProgress: progressLines({ isTerminal: terminal.errIsTerminal, write: terminal.err }),
  });
  const given = ownFlag('work-dir', invocation) as string | undefined;
  const parent = given === undefined ? tmpdir() : resolve(surroundings.cwd, given);
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(parent, 'e2d-proof-'));
  try {
    return await work(async (entry, onProgress) => {
      const workDir = await mkdtemp(join(folder, 'work-'));
      try {
        const parts = { snapshots, workDir, clock: systemClock, binaries, signal, onProgress };
        const { outcome, sentence, rtoMs } = await proveEntry(entry, parts);
        return { id: entry.id, sound: outcome === 'proven', sentence, rtoMs };
      } finally {
        await rm(workDir, { recursive: true, force: true });
      }
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
