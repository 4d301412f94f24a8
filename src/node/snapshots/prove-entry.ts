import { join } from 'node:path';
import { E2dError } from '../../errors/e2d-error.ts';
import type { EtcdBinaries } from '../../etcd/binaries/etcd-binaries.ts';
import { proveSnapshot } from '../../etcd/offline/prove-snapshot.ts';
import { snapshotTool } from '../../etcd/offline/snapshot-tool.ts';
import { proofKey, utcSeconds } from '../../snapshots/catalogue/layout.ts';
import type { SnapshotEntry } from '../../snapshots/catalogue/snapshot-entry.ts';
import type { SnapshotProof } from '../../snapshots/catalogue/snapshot-record.ts';
import type { Clock } from '../clock.ts';
import { fetchSnapshot } from './fetch-snapshot.ts';
import type { OpenSnapshots } from './open-snapshots.ts';

export interface ProofParts {
  readonly snapshots: OpenSnapshots;
  /** An empty folder, on a disk with room for the database, twice. */
  readonly workDir: string;
  readonly clock: Clock;
  readonly binaries: EtcdBinaries;
  readonly signal: AbortSignal;
  readonly onProgress?: (storedBytes: number) => void;
}

/**
 * Puts a snapshot to the proof, from its download to a serving etcd, and leaves the outcome beside
 * it in the store. Rejects when the proof could not be made, which says nothing about the snapshot.
 */
export async function proveEntry(entry: SnapshotEntry, parts: ProofParts): Promise<SnapshotProof> {
  const { snapshots, clock, signal } = parts;
  const begunMs = clock.nowMs();
  const proof = await outcomeOf(entry, parts, begunMs);
  if (entry.kind === 'e2d') {
    const key = proofKey(entry.id, clock.wallTime().getTime());
    const body = Buffer.from(`${JSON.stringify(proof, null, 2)}\n`);
    await snapshots.catalogue.store.objects.create(key, one(body), { signal });
  }
  return proof;
}

async function outcomeOf(
  entry: SnapshotEntry,
  { snapshots, workDir, clock, binaries, signal, onProgress }: ProofParts,
  begunMs: number,
): Promise<SnapshotProof> {
  const file = join(workDir, 'content');
  const stamp = {
    version: 1 as const,
    provenAt: utcSeconds(clock.wallTime().getTime()),
    etcdVersion: binaries.version,
  };
  try {
    const progress = onProgress === undefined ? {} : { onProgress };
    const { hasTrailer } = await fetchSnapshot(entry, snapshots, { to: file, signal, ...progress });
    const fetchedMs = clock.nowMs() - begunMs;
    const hashKv = entry.kind === 'e2d' ? entry.record.hashKv : null;
    const tool = snapshotTool(binaries);
    const request = { file, hasTrailer, hashKv, tool, binaries, workDir, signal, clock };
    const { outcome, sentence, keys, revision, servingMs } = await proveSnapshot(request);
    const rtoMs = servingMs === null ? null : Math.round(fetchedMs + servingMs);
    return { ...stamp, outcome, sentence, keys, revision, rtoMs };
  } catch (problem) {
    if (!(problem instanceof E2dError) || !blamed.has(problem.code)) throw problem;
    const sentence = problem.message;
    return { ...stamp, outcome: 'failed', sentence, keys: null, revision: null, rtoMs: null };
  }
}

/** What is wrong with the snapshot itself. */
const blamed = new Set(['E2D_SNAPSHOT_CORRUPT', 'E2D_SNAPSHOT_EMPTY']);

async function* one(body: Uint8Array) {
  yield body;
}
