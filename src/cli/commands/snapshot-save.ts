import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { badConfig } from '../../config/bad-config.ts';
import { E2dError } from '../../errors/e2d-error.ts';
import type { EtcdEndpoint } from '../../etcd/client/endpoint.ts';
import { readClusterRecord } from '../../etcd/membership/cluster-record.ts';
import { systemClock } from '../../node/clock.ts';
import { takeInto } from '../../node/snapshots/keeper.ts';
import { sourceOf } from '../../node/snapshots/source-of.ts';
import { makeFileRoot } from '../../snapshots/store/file-root.ts';
import { parseStoreUrl } from '../../snapshots/store/store-url.ts';
import { saveToFile } from '../../snapshots/taking/save-to-file.ts';
import type { SaveProgress } from '../../snapshots/taking/snapshot-source.ts';
import { sizeInWords } from '../amounts.ts';
import { backupName, rotateBackups } from '../backup-files.ts';
import { byteProgress } from '../byte-progress.ts';
import type { Invocation } from '../command.ts';
import { withOwnEtcd } from '../own-cluster.ts';
import { helpOf, isOn, ownFlag } from '../own-flags.ts';
import { inSession, type Session, withStore } from '../snapshot-session.ts';

export async function run(invocation: Invocation): Promise<number> {
  const wanted = wantedOf(invocation);
  return inSession(invocation, (session) =>
    withOwnEtcd(invocation, session, async (etcd) => {
      if (wanted.output === undefined) return saveIntoStore(etcd, { invocation, session, wanted });
      return saveIntoFile(etcd, wanted.output, { invocation, session, wanted });
    }),
  );
}

interface Wanted {
  readonly to: string | undefined;
  readonly output: string | undefined;
  readonly maxBackups: number | undefined;
}

interface Saving {
  readonly invocation: Invocation;
  readonly session: Session;
  readonly wanted: Wanted;
}

function wantedOf(invocation: Invocation): Wanted {
  const to = ownFlag('to', invocation) as string | undefined;
  const output = ownFlag('output', invocation) as string | undefined;
  const maxBackups = ownFlag('max-backups', invocation) as number | undefined;
  const problems = [
    to !== undefined && output !== undefined ? ['Give one of --to and --output, not both.'] : [],
    maxBackups !== undefined && output === undefined
      ? ['--max-backups needs --output FOLDER.']
      : [],
  ].flat();
  if (problems.length === 0) return { to, output, maxBackups };
  throw badConfig({ problems, warnings: [] }, helpOf(invocation.command));
}

async function saveIntoStore(
  etcd: EtcdEndpoint,
  { invocation, session, wanted: { to } }: Saving,
): Promise<number> {
  const { signal, values } = session;
  const url = to ?? values['snapshot-backup-url'];
  const named = { ...session, values: { ...values, 'snapshot-backup-url': url } };
  return withStore(named, invocation, async ({ snapshots }) => {
    const cluster = await readClusterRecord(etcd, { signal });
    if (cluster === null) throw noLineage(etcd);
    if (to !== undefined) await makeFolderOf(to);
    const { terminal } = invocation;
    const progress = byteProgress(terminal);
    const begunMs = systemClock.nowMs();
    const record = await takeInto(snapshots, {
      lineage: cluster.lineage,
      requiredSize: cluster.requiredSize,
      endpoint: etcd,
      trigger: 'request',
      clock: systemClock,
      withHashKv: true,
      signal,
      onProblem: (sentence) => terminal.err(`Warning: ${sentence}\n`),
      onProgress: (passing) => progress.show(described(passing)),
    }).finally(() => progress.end());
    const tookMs = systemClock.nowMs() - begunMs;
    const { place } = snapshots.catalogue.store.objects;
    if (isOn('json', invocation)) {
      terminal.out(`${JSON.stringify({ place, tookMs, record }, null, 2)}\n`);
      return 0;
    }
    const { content, stored, revision, lineage } = record;
    const sizes = `${sizeInWords(content.sizeBytes)}, ${sizeInWords(stored.sizeBytes)} as stored`;
    terminal.out(
      `Snapshot ${record.id} is in ${place}\n` +
        `  revision ${revision} of lineage ${lineage}, ${sizes}, in ${seconds(tookMs)}\n`,
    );
    return 0;
  });
}

/** Only on a person's word: a folder that is missing may as well be a disk that is not mounted. */
async function makeFolderOf(url: string): Promise<void> {
  const location = parseStoreUrl(url);
  if (location.kind === 'file') await makeFileRoot(location.path);
}

async function saveIntoFile(
  etcd: EtcdEndpoint,
  output: string,
  { invocation, session: { signal, surroundings }, wanted: { maxBackups } }: Saving,
): Promise<number> {
  const { terminal } = invocation;
  const given = resolve(surroundings.cwd, output);
  const isFolder = await stat(given).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (maxBackups !== undefined && !isFolder) throw noFolder(given);
  const name = backupName(systemClock.wallTime());
  const path = isFolder ? join(given, name) : given;
  const progress = byteProgress(terminal);
  const begunMs = systemClock.nowMs();
  const saved = await saveToFile({
    source: sourceOf(etcd),
    path,
    compression: path.endsWith('.gz') ? 'gzip' : 'none',
    signal,
    onProgress: (passing) => progress.show(described(passing)),
  }).finally(() => progress.end());
  const tookMs = systemClock.nowMs() - begunMs;
  const removed =
    isFolder && maxBackups !== undefined ? await rotateBackups(given, maxBackups) : [];
  if (isOn('json', invocation)) {
    terminal.out(`${JSON.stringify({ ...saved, tookMs, removed }, null, 2)}\n`);
  } else if (isFolder) {
    terminal.out(
      [`created backup ${name}`, ...removed.map((old) => `removed ${old}`), ''].join('\n'),
    );
  } else {
    const { revision, sizeBytes } = saved;
    terminal.out(
      `The snapshot is in ${path}\n` +
        `  revision ${revision}, ${sizeInWords(sizeBytes)}, in ${seconds(tookMs)}\n`,
    );
  }
  return 0;
}

const phases: Readonly<Record<SaveProgress['phase'], string>> = {
  hashing: 'Hashing the keys',
  streaming: 'Saving',
  checking: 'Reading back',
};

function described({ phase, doneBytes, totalBytes }: SaveProgress) {
  return { what: phases[phase], doneBytes, totalBytes };
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}

function noLineage({ url }: EtcdEndpoint): E2dError {
  return new E2dError(
    `The cluster at ${url} has no record of e2d, so its snapshot would belong to no lineage (S6).`,
    {
      code: 'E2D_NO_LINEAGE',
      remedy: 'Save it as a file with --output; the first "e2d run" beside it makes the record.',
    },
  );
}

function noFolder(path: string): E2dError {
  return new E2dError(`--max-backups rotates the files of a folder, and ${path} is none.`, {
    code: 'E2D_OUTPUT_FILE',
    remedy: 'Make the folder first, or leave --max-backups out.',
  });
}
