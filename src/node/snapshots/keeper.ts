import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SnapshotProof, StoreReading, TakenSnapshot } from '../../../machines/facts.ts';
import type { ProofStanding, Thinning } from '../../../machines/node/effects.ts';
import { e2dVersion } from '../../config/e2d-version.ts';
import type { SnapshotConfig } from '../../config/node-config.ts';
import { E2dError } from '../../errors/e2d-error.ts';
import type { EtcdBinaries } from '../../etcd/binaries/etcd-binaries.ts';
import { readClusterRecord } from '../../etcd/membership/cluster-record.ts';
import { removeStaleScratch } from '../../etcd/offline/scratch-folder.ts';
import { findEntry } from '../../snapshots/catalogue/find.ts';
import { pruneStore } from '../../snapshots/catalogue/prune.ts';
import type { SnapshotEntry } from '../../snapshots/catalogue/snapshot-entry.ts';
import type { SnapshotRecord } from '../../snapshots/catalogue/snapshot-record.ts';
import { saveSnapshot } from '../../snapshots/taking/save-snapshot.ts';
import type { OnProgress } from '../../snapshots/taking/snapshot-source.ts';
import type { Clock } from '../clock.ts';
import type { SnapshotKeeper, SnapshotRequest } from '../host.ts';
import { type OpenSnapshots, openSnapshots } from './open-snapshots.ts';
import { proveEntry } from './prove-entry.ts';
import { candidatesIn, readingOf } from './read-store.ts';
import { sourceOf } from './source-of.ts';

/** How old the latest hash of all live keys may be before another one is asked for. */
const hashEveryMs = 3_600_000;

export interface KeeperParts {
  readonly config: SnapshotConfig;
  readonly clock: Clock;
  /** A folder on a disk with room for the database. */
  readonly workDir: string;
  /** Known once etcd was found. */
  readonly binaries: () => EtcdBinaries;
  readonly onProblem: (sentence: string) => void;
}

type E2dEntry = Extract<SnapshotEntry, { kind: 'e2d' }>;

/** The store that a node was configured with: opened when it is first needed, and kept open. */
export class StoreKeeper implements SnapshotKeeper {
  readonly #parts: KeeperParts;
  #opening: Promise<OpenSnapshots> | null = null;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** Rejects as long as the store cannot be opened; it is tried anew by the next who asks. */
  async open(): Promise<OpenSnapshots> {
    this.#opening ??= openSnapshots(this.#parts.config);
    try {
      return await this.#opening;
    } catch (problem) {
      this.#opening = null;
      throw problem;
    }
  }

  async close(): Promise<void> {
    const opened = await this.#opening?.catch(() => null);
    opened?.close();
  }

  async read(lineages: readonly string[], signal: AbortSignal): Promise<StoreReading> {
    const snapshots = await this.open();
    const listing = await snapshots.catalogue.list({ signal });
    for (const problem of listing.problems) this.#parts.onProblem(problem);
    const seeker = { lineages, etcdVersion: this.#parts.binaries().version };
    return readingOf(listing, candidatesIn(listing, snapshots, seeker));
  }

  async take(request: SnapshotRequest, signal: AbortSignal): Promise<TakenSnapshot> {
    const snapshots = await this.open();
    const own = await ownEntries(snapshots, request.lineage, signal);
    const { revision } = await request.endpoint.status({ signal });
    const [newest] = own;
    if (newest !== undefined && newest.record.revision === revision) {
      return { kind: 'skipped', ...this.#taken(newest.record) };
    }
    const record = await takeInto(snapshots, {
      ...request,
      isFirst: own.length === 0,
      clock: this.#parts.clock,
      withHashKv: this.#wantsHash(own),
      onProblem: this.#parts.onProblem,
      signal,
    });
    return { kind: 'taken', ...this.#taken(record) };
  }

  async thin(lineage: string, signal: AbortSignal): Promise<Thinning> {
    const { catalogue, config } = await this.open();
    const { clock, onProblem } = this.#parts;
    const nowMs = clock.wallTime().getTime();
    const policy = config.retention;
    const report = await pruneStore(catalogue, { lineage, policy, nowMs, signal });
    await catalogue.store.cleanUp?.(nowMs, { signal });
    for (const { id, reason } of report.failed) onProblem(`${id} could not be removed: ${reason}`);
    return {
      atMs: clock.nowMs(),
      kept: report.plan.verdicts.filter(({ keep }) => keep).length,
      removed: report.removed.length,
      refusal: report.plan.refusal,
    };
  }

  async proofs(lineage: string, signal: AbortSignal): Promise<ProofStanding> {
    const own = await ownEntries(await this.open(), lineage, signal);
    const proven = own
      .filter(({ proof }) => proof !== null)
      .sort((a, b) => ((a.proof?.provenAt ?? '') < (b.proof?.provenAt ?? '') ? 1 : -1))[0];
    const newest = own[0]?.id ?? null;
    if (!proven?.proof) return { latest: null, ageMs: null, newestId: newest };
    const { outcome, sentence, provenAt, rtoMs } = proven.proof;
    const nowMs = this.#parts.clock.wallTime().getTime();
    return {
      latest: { snapshotId: proven.id, outcome, sentence, provenAt, rtoMs },
      ageMs: Math.max(0, nowMs - Date.parse(provenAt)),
      newestId: newest,
    };
  }

  async prove(snapshotId: string, signal: AbortSignal): Promise<SnapshotProof> {
    const snapshots = await this.open();
    const { entries } = await snapshots.catalogue.list({ signal });
    const { workDir, clock, binaries } = this.#parts;
    const folder = join(workDir, 'proving');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // An e2d that was killed may have left an etcd in there.
    await removeStaleScratch(folder);
    try {
      const { rtoMs, outcome, sentence, provenAt } = await proveEntry(
        findEntry(entries, snapshotId),
        { snapshots, workDir: folder, clock, binaries: binaries(), signal },
      );
      return { snapshotId, outcome, sentence, provenAt, rtoMs };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  #taken({ id, revision, stored }: SnapshotRecord) {
    return { id, revision, storedBytes: stored.sizeBytes, atMs: this.#parts.clock.nowMs() };
  }

  #wantsHash(own: readonly E2dEntry[]): boolean {
    const hashed = own.find(({ record }) => record.hashKv !== null);
    const nowMs = this.#parts.clock.wallTime().getTime();
    return hashed === undefined || nowMs - Date.parse(hashed.takenAt) >= hashEveryMs;
  }
}

/** What e2d took of the lineage, the newest first. */
async function ownEntries(
  { catalogue }: OpenSnapshots,
  lineage: string,
  signal: AbortSignal,
): Promise<readonly E2dEntry[]> {
  const { entries } = await catalogue.list({ signal });
  return entries.filter(
    (entry): entry is E2dEntry => entry.kind === 'e2d' && entry.record.lineage === lineage,
  );
}

export interface TakeRequest
  extends Pick<SnapshotRequest, 'lineage' | 'requiredSize' | 'endpoint'> {
  readonly trigger: SnapshotRecord['trigger'];
  readonly clock: Pick<Clock, 'wallTime'>;
  readonly withHashKv: boolean;
  /** Whether the store holds none of the lineage yet. */
  readonly isFirst?: boolean;
  readonly signal: AbortSignal;
  readonly onProblem: (sentence: string) => void;
  readonly onProgress?: OnProgress;
}

/**
 * S6: takes a snapshot into the lineage that the cluster itself says it is of. Throws
 * `E2D_WRONG_LINEAGE` where that is another one than the caller's.
 */
export async function takeInto(
  { config, catalogue, encryptionKey }: OpenSnapshots,
  request: TakeRequest,
): Promise<SnapshotRecord> {
  const { endpoint, lineage, clock, signal, onProblem, isFirst = false } = request;
  const cluster = await readClusterRecord(endpoint, { signal });
  if (cluster?.lineage !== lineage) throw wrongLineage(lineage, cluster?.lineage ?? null);
  return saveSnapshot({
    source: sourceOf(endpoint),
    store: catalogue.store,
    describe: {
      lineage,
      parent: cluster.parent ?? null,
      requiredSize: request.requiredSize,
      e2dVersion: e2dVersion(),
      retention: config.retention,
      trigger: isFirst && cluster.parent !== undefined ? 'after-restore' : request.trigger,
    },
    compression: config.compression ? 'gzip' : 'none',
    key: encryptionKey,
    withHashKv: request.withHashKv,
    signal,
    onLeftBehind: (key) => onProblem(`${key} is left of an upload that failed.`),
    wallTime: () => clock.wallTime(),
    drawSuffix: () => randomBytes(3).toString('hex'),
    ...(request.onProgress === undefined ? {} : { onProgress: request.onProgress }),
  });
}

function wrongLineage(known: string, found: string | null): E2dError {
  return new E2dError(
    `The cluster says that it is of lineage ${found ?? 'none'}, and this node knows it as ${known}.`,
    { code: 'E2D_WRONG_LINEAGE', remedy: 'Nothing was written to the store (S6).' },
  );
}
