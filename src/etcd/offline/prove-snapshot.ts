import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { E2dError, textOf } from '../../errors/e2d-error.ts';
import type { EtcdBinaries } from '../binaries/etcd-binaries.ts';
import { type HashKv, type ScratchEtcd, startScratchEtcd } from './scratch-etcd.ts';
import { makeScratchFolder } from './scratch-folder.ts';
import type { SnapshotTool } from './snapshot-tool.ts';

export interface ProofRequest {
  /** The snapshot's content: neither packed nor encrypted. */
  readonly file: string;
  /** Whether etcd's 32 bytes of SHA-256 follow the database in it. */
  readonly hasTrailer: boolean;
  /** As recorded of the live cluster when the snapshot was taken; null: nothing was recorded. */
  readonly hashKv: HashKv | null;
  readonly tool: SnapshotTool;
  readonly binaries: EtcdBinaries;
  /** An existing folder with room for the whole database; a scratch folder is made in it. */
  readonly workDir: string;
  readonly signal: AbortSignal;
  readonly clock: { nowMs(): number };
}

export interface Proof {
  readonly outcome: 'proven' | 'failed';
  /** What was compared, or what was wrong. */
  readonly sentence: string;
  readonly keys: number | null;
  readonly revision: number | null;
  /** From the start of the restore to a serving etcd; null when it never served. */
  readonly servingMs: number | null;
  /** All of it, removal included. */
  readonly tookMs: number;
}

type Finding = Omit<Proof, 'tookMs'>;

const member = { name: 'scratch', peerUrl: 'http://127.0.0.1:2380' };

/** What is wrong with the snapshot; any other failure says nothing about it. */
const failures = new Set(['E2D_SNAPSHOT_CORRUPT', 'E2D_SNAPSHOT_NEWER']);

/**
 * Restores a snapshot into a scratch etcd that nobody can reach, compares what it holds with what
 * was recorded, and removes it all again. Rejects only when the proof could not be made, which says
 * nothing about the snapshot: `E2D_RESTORE_FAILED`, an `EtcdFault` or the signal's reason.
 */
export async function proveSnapshot(request: ProofRequest): Promise<Proof> {
  const { workDir, signal, clock } = request;
  signal.throwIfAborted();
  const begunMs = clock.nowMs();
  const folder = await makeScratchFolder(workDir);
  let finding: Finding;
  try {
    finding = await proveIn(folder, request, begunMs);
  } catch (problem) {
    signal.throwIfAborted();
    if (!(problem instanceof E2dError && failures.has(problem.code))) throw problem;
    finding = failed(problem.message);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { ...finding, tookMs: clock.nowMs() - begunMs };
}

async function proveIn(folder: string, request: ProofRequest, begunMs: number): Promise<Finding> {
  const { file, tool, binaries, signal, clock } = request;
  const dataDir = join(folder, 'data');
  await tool.restore({
    ...{ file, dataDir, ...member, signal },
    initialCluster: `${member.name}=${member.peerUrl}`,
    token: 'scratch',
    integrity: request.hasTrailer ? 'trailer' : 'pages',
    bumpRevision: null,
  });
  const etcd = await startScratchEtcd({ binaries, folder, dataDir, name: member.name, signal });
  try {
    const servingMs = clock.nowMs() - begunMs;
    return { ...(await examine(etcd, request.hashKv)), servingMs };
  } finally {
    await etcd.stop();
  }
}

async function examine(
  etcd: ScratchEtcd,
  recorded: HashKv | null,
): Promise<Omit<Finding, 'servingMs'>> {
  const { revision } = etcd;
  const compared = await compare(etcd, recorded);
  const keys = await etcd.countKeys();
  const held = keys === null ? 'its keys are for its users only' : `it holds ${keys} keys`;
  const sentence = `etcd serves it at revision ${revision}, ${held}, and ${compared.sentence}.`;
  return { outcome: compared.differs ? 'failed' : 'proven', sentence, keys, revision };
}

interface Comparison {
  readonly differs: boolean;
  /** The end of a sentence about the snapshot. */
  readonly sentence: string;
}

async function compare(etcd: ScratchEtcd, recorded: HashKv | null): Promise<Comparison> {
  if (recorded === null) return { differs: false, sentence: 'no hash was recorded to compare' };
  const { revision, hash, compactRevision } = recorded;
  if (revision > etcd.revision) {
    return { differs: true, sentence: `it was recorded as reaching revision ${revision}` };
  }
  const found = await hashAt(etcd, revision);
  if (found === 'compacted' || found.compactRevision !== compactRevision) {
    const since = found === 'compacted' ? `beyond ${revision}` : `to ${found.compactRevision}`;
    const sentence = `its hash is not comparable: it is compacted ${since}, the hash was recorded with ${compactRevision}`;
    return { differs: false, sentence };
  }
  return found.hash === hash
    ? { differs: false, sentence: `its hash at revision ${revision} is the one recorded` }
    : {
        differs: true,
        sentence: `its hash at revision ${revision} is ${found.hash} where ${hash} was recorded`,
      };
}

async function hashAt(etcd: ScratchEtcd, revision: number): Promise<HashKv | 'compacted'> {
  try {
    return await etcd.hashKv(revision);
  } catch (problem) {
    if (textOf(problem).includes('revision has been compacted')) return 'compacted';
    throw problem;
  }
}

function failed(sentence: string): Finding {
  return { outcome: 'failed', sentence, keys: null, revision: null, servingMs: null };
}
