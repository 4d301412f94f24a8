import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Identity, OwnData, PinnedSnapshot } from '../../../machines/facts.ts';
import { e2dVersion } from '../../config/e2d-version.ts';
import type { NodeConfig } from '../../config/node-config.ts';
import { E2dError, textOf } from '../../errors/e2d-error.ts';
import type { EtcdBinaries } from '../../etcd/binaries/etcd-binaries.ts';
import { ensureDataDir } from '../../etcd/data-dir/ensure-data-dir.ts';
import { readIdentity, writeIdentity } from '../../etcd/data-dir/identity-file.ts';
import { surveyDataDir } from '../../etcd/data-dir/own-data.ts';
import { acquireStateLock } from '../../etcd/data-dir/state-lock.ts';
import { type SnapshotStatus, snapshotTool } from '../../etcd/offline/snapshot-tool.ts';
import { adoptEtcd } from '../../etcd/process/adopt.ts';
import { versionObstacle } from '../../snapshots/catalogue/candidates.ts';
import { utcSeconds } from '../../snapshots/catalogue/layout.ts';
import type { SnapshotEntry } from '../../snapshots/catalogue/snapshot-entry.ts';
import type { SnapshotKey } from '../../snapshots/formats/snapshot-key.ts';
import { unpackSnapshot } from '../../snapshots/formats/unpack-snapshot.ts';
import type { Clock } from '../clock.ts';
import { fetchSnapshot } from './fetch-snapshot.ts';
import { handPlan, type NamedMember } from './hand-plan.ts';
import type { OpenSnapshots } from './open-snapshots.ts';
import { type RestoreReceipt, type SnapshotFacts, writeReceipt } from './restore-receipt.ts';
import { RestoreWorkshop } from './restore-workshop.ts';

/** Where the snapshot comes from. */
export type HandSource =
  | { readonly kind: 'store'; readonly entry: SnapshotEntry; readonly snapshots: OpenSnapshots }
  /** In any form: plain, gzip, as the first e2d wrote it, encrypted. */
  | { readonly kind: 'file'; readonly path: string; readonly keys: readonly SnapshotKey[] };

export interface HandRestoreParts {
  readonly config: NodeConfig;
  readonly binaries: EtcdBinaries;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** What lies in the data dir, and who this node is, before a restore. */
export interface PresentState {
  readonly data: OwnData;
  readonly identity: Identity | null;
}

export interface Fetched {
  readonly pinned: PinnedSnapshot;
  readonly from: string;
  readonly facts: SnapshotFacts;
}

/**
 * A restore into the data dir of this machine, by an operator. Nothing runs there while `work`
 * does: the state lock is held, and an etcd on the data dir is refused. What was fetched for
 * nothing is removed.
 */
export async function restoringByHand<T>(
  parts: HandRestoreParts,
  work: (restore: HandRestore) => Promise<T>,
): Promise<T> {
  const { dataDir, stateDir } = parts.config;
  await ensureDataDir(dataDir);
  const lock = await acquireStateLock(stateDir);
  try {
    const restore = await openRestore(parts);
    try {
      return await work(restore);
    } finally {
      await restore.tidy();
    }
  } finally {
    await lock.release();
  }
}

async function openRestore(parts: HandRestoreParts): Promise<HandRestore> {
  const { dataDir, stateDir } = parts.config;
  const identity = await readIdentity(stateDir);
  await refuseWhileEtcdRuns(parts.config, identity?.name ?? '');
  const { data } = await surveyDataDir(dataDir);
  if (data.kind === 'unreadable' && !(await isThere(join(dataDir, 'member')))) {
    throw new E2dError(`Nothing is restored into ${dataDir}: ${data.problem}.`, {
      code: 'E2D_RESTORE_FAILED',
      remedy: 'Name an etcd data dir, or a folder that is empty or does not exist.',
    });
  }
  return new HandRestore(parts, { data, identity });
}

async function refuseWhileEtcdRuns({ dataDir, stateDir }: NodeConfig, name: string): Promise<void> {
  const adoption = await adoptEtcd({ stateDir, dataDir, name });
  if (adoption.kind === 'not-running') return;
  if (adoption.kind === 'adopted') adoption.etcd.release();
  const pid = adoption.kind === 'adopted' ? adoption.etcd.pid : adoption.pid;
  throw new E2dError(`An etcd runs on ${dataDir} (process ${pid}), so nothing was restored.`, {
    code: 'E2D_ALREADY_RUNNING',
    remedy: `Stop it first: start e2d there and end it, or "kill ${pid}".`,
  });
}

export class HandRestore {
  readonly present: PresentState;
  readonly #parts: HandRestoreParts;
  readonly #workshop: RestoreWorkshop;
  #isPinned = false;

  constructor(parts: HandRestoreParts, present: PresentState) {
    this.#parts = parts;
    this.present = present;
    const { config, clock, binaries } = parts;
    this.#workshop = new RestoreWorkshop({
      dataDir: config.dataDir,
      clock,
      binaries: () => binaries,
    });
  }

  /** Fetches, unpacks and opens the snapshot. Nothing of the node changes. */
  async fetch(source: HandSource, onProgress: (bytes: number) => void): Promise<Fetched> {
    const { signal, binaries } = this.#parts;
    if (source.kind === 'store') {
      refuseNewer(source.entry, binaries);
      await this.#workshop.requireRoomFor(source.entry);
    } else {
      await this.#workshop.requireRoom(2 * (await bytesOf(source.path)));
    }
    const to = join(this.#workshop.folder, 'fetched');
    const { contentSha256: sha256 } = await unpack(source, { to, signal, onProgress });
    const status = await snapshotTool(binaries).status(to, { signal });
    const id = source.kind === 'store' ? source.entry.id : basename(source.path);
    await this.#workshop.keep(to, sha256);
    const pinned = { id, sha256, revision: status.revision };
    const from =
      source.kind === 'store' ? source.snapshots.catalogue.store.objects.place : source.path;
    return { pinned, from, facts: factsOf(source, pinned, status) };
  }

  /**
   * Restores beside the data dir, pins the plan in the identity, and only then moves what is there
   * aside and the restored data into its place. From the pin on "e2d run" would finish what a crash
   * cut short; before it nothing has changed.
   */
  async carryOut(
    { pinned, from, facts }: Fetched,
    as: { readonly token: string; readonly name: string; readonly members: readonly NamedMember[] },
  ): Promise<{ readonly receipt: RestoreReceipt; readonly path: string }> {
    const { config, clock, signal, binaries } = this.#parts;
    const { dataDir, stateDir, requiredSize } = config;
    const { peerAdvertise: peerUrl } = config.urls;
    const { token, name, members } = as;
    const plan = handPlan({ token, members, snapshot: this.#givingUp(pinned) });
    const now = () => utcSeconds(clock.wallTime().getTime());
    const begun: RestoreReceipt = {
      ...{ version: 1, plan, from, snapshot: facts, dataDir, name, peerUrl },
      ...{ etcdVersion: binaries.version, e2dVersion: e2dVersion(), begunAt: now() },
      ...{ installedAt: null, movedTo: null, replacedIdentity: this.present.identity },
    };
    await this.#workshop.stage({ plan, name, peerUrl }, { signal });
    signal.throwIfAborted();
    await writeReceipt(stateDir, begun);
    this.#isPinned = true;
    const nodeId = plan.members.find((member) => member.name === name)?.nodeId ?? '';
    await writeIdentity(stateDir, {
      ...{ nodeId, name, peerUrl, requiredSize },
      ...{ memberId: null, clusterId: null, lineage: null },
      plan: { stage: 'launched', plan },
    });
    const { movedTo } = await this.#workshop.install(plan);
    const receipt = { ...begun, movedTo, installedAt: now() };
    return { receipt, path: await writeReceipt(stateDir, receipt) };
  }

  /** S2: without this word "e2d run" would never let what lies here make way. */
  #givingUp(pinned: PinnedSnapshot): PinnedSnapshot {
    const { data, identity } = this.present;
    if (data.kind === 'none') return pinned;
    return { ...pinned, replaces: identity?.lineage ?? 'unknown' };
  }

  /** Removes what was fetched for a restore that did not come about. */
  async tidy(): Promise<void> {
    if (!this.#isPinned) await this.#workshop.discard(null);
  }
}

/** An older etcd would start on the data and fail, or worse. */
function refuseNewer(entry: SnapshotEntry, { version }: EtcdBinaries): void {
  const obstacle = versionObstacle(entry, version);
  if (obstacle === null) return;
  throw new E2dError(`Snapshot ${entry.id} cannot be restored here: ${obstacle}`, {
    code: 'E2D_SNAPSHOT_NEWER',
    remedy: 'Use the etcd that the snapshot is of, with --etcd-version.',
  });
}

async function unpack(
  source: HandSource,
  request: {
    readonly to: string;
    readonly signal: AbortSignal;
    readonly onProgress: (bytes: number) => void;
  },
) {
  const scratch = { ...request, isScratch: true };
  if (source.kind === 'store') return fetchSnapshot(source.entry, source.snapshots, scratch);
  // The first e2d wrote shorter snapshots over longer ones.
  const options = { ...scratch, keys: source.keys, trailing: 'ignore' as const };
  return unpackSnapshot(createReadStream(source.path, { highWaterMark: 2 ** 20 }), options);
}

async function bytesOf(path: string): Promise<number> {
  return (await stat(path).catch((cause) => unreadable(path, cause))).size;
}

function unreadable(path: string, cause: unknown): never {
  throw new E2dError(`The snapshot ${path} cannot be read: ${textOf(cause)}.`, {
    code: 'E2D_RESTORE_FAILED',
    remedy: 'Name a file that this user can read.',
    cause,
  });
}

function factsOf(
  source: HandSource,
  { id, sha256, revision }: PinnedSnapshot,
  { keys: rows, sizeBytes }: SnapshotStatus,
): SnapshotFacts {
  const facts = { id, sha256, revision, rows, sizeBytes };
  if (source.kind === 'file') {
    return { ...facts, takenAt: null, lineage: null, etcdVersion: null, members: [] };
  }
  const { entry } = source;
  if (entry.kind !== 'e2d') {
    const etcdVersion = entry.kind === 'etcd-manager' ? entry.etcdVersion : null;
    return { ...facts, takenAt: entry.takenAt, lineage: null, etcdVersion, members: [] };
  }
  const { lineage, etcdVersion, members, takenAt } = entry.record;
  return { ...facts, takenAt, lineage, etcdVersion, members: members.map(({ name }) => name) };
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
