import { resolve } from 'node:path';
import { badConfig } from '../../config/bad-config.ts';
import { type FetchRequest, fetchSnapshot } from '../../node/snapshots/fetch-snapshot.ts';
import { fetchStored } from '../../node/snapshots/fetch-stored.ts';
import type { OpenSnapshots } from '../../node/snapshots/open-snapshots.ts';
import { findEntry } from '../../snapshots/catalogue/find.ts';
import type { SnapshotEntry } from '../../snapshots/catalogue/snapshot-entry.ts';
import { sizeInWords } from '../amounts.ts';
import { byteProgress } from '../byte-progress.ts';
import type { Invocation } from '../command.ts';
import { helpOf, isOn, ownFlag } from '../own-flags.ts';
import { inStore, tellProblems } from '../snapshot-session.ts';

export async function run(invocation: Invocation): Promise<number> {
  const output = ownFlag('output', invocation) as string | undefined;
  if (output === undefined) {
    const problems = ['--output FILE is needed: where the snapshot is to be written.'];
    throw badConfig({ problems, warnings: [] }, helpOf(invocation.command));
  }
  return inStore(invocation, async ({ snapshots, signal, surroundings }) => {
    const { entries, problems } = await snapshots.catalogue.list({ signal });
    tellProblems(problems, invocation);
    const entry = findEntry(entries, invocation.argument ?? '');
    const { terminal } = invocation;
    const progress = byteProgress(terminal);
    const asStored = isOn('as-stored', invocation);
    const path = resolve(surroundings.cwd, output);
    const fetch = asStored ? getStored : getContent;
    const written = await fetch(entry, snapshots, {
      to: path,
      signal,
      onProgress: (doneBytes) =>
        progress.show({ what: 'Fetching', doneBytes, totalBytes: entry.storedBytes }),
    }).finally(() => progress.end());
    if (isOn('json', invocation)) {
      terminal.out(`${JSON.stringify({ id: entry.id, path, ...written }, null, 2)}\n`);
      return 0;
    }
    terminal.out(
      `Snapshot ${entry.id} is in ${path}\n` +
        `  ${sizeInWords(written.sizeBytes)}, SHA-256 ${written.sha256}\n` +
        nextStep(path, written),
    );
    return 0;
  });
}

interface Written {
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Null for bytes that are still packed. */
  readonly hasTrailer: boolean | null;
}

/** How etcd's own tool restores it; the first e2d left etcd's hash out. */
function nextStep(path: string, { hasTrailer }: Written): string {
  if (hasTrailer === null) return '';
  const skip = hasTrailer ? '' : ' --skip-hash-check';
  return `  to restore it: etcdutl snapshot restore ${path}${skip} --data-dir DIR\n`;
}

async function getStored(
  entry: SnapshotEntry,
  snapshots: OpenSnapshots,
  request: FetchRequest,
): Promise<Written> {
  const { storedBytes, storedSha256 } = await fetchStored(entry, snapshots, request);
  return { sizeBytes: storedBytes, sha256: storedSha256, hasTrailer: null };
}

async function getContent(
  entry: SnapshotEntry,
  snapshots: OpenSnapshots,
  request: FetchRequest,
): Promise<Written> {
  const fetched = await fetchSnapshot(entry, snapshots, request);
  const { contentBytes: sizeBytes, contentSha256: sha256, hasTrailer } = fetched;
  return { sizeBytes, sha256, hasTrailer };
}
