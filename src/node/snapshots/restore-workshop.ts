import { mkdir, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { BootstrapPlan, PinnedSnapshot } from '../../../machines/facts.ts';
import { initialClusterOf } from '../../../machines/lifecycle/plan.ts';
import { E2dError } from '../../errors/e2d-error.ts';
import type { EtcdBinaries } from '../../etcd/binaries/etcd-binaries.ts';
import { syncDirectory } from '../../etcd/data-dir/atomic-file.ts';
import { moveAside } from '../../etcd/data-dir/move-aside.ts';
import { readRestored } from '../../etcd/offline/read-restored.ts';
import { snapshotTool } from '../../etcd/offline/snapshot-tool.ts';
import type { SnapshotEntry } from '../../snapshots/catalogue/snapshot-entry.ts';
import type { Clock } from '../clock.ts';

/** How far revisions jump at a restore: further than any cluster writes between two snapshots. */
const bumpRevision = 1_000_000_000;

/** A restore takes the content, and the database that is made of it. */
const roomFactor = 1.1;

export interface WorkshopParts {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly binaries: () => EtcdBinaries;
}

/**
 * Where a restore is made ready: a folder in the data dir, so that what is ready takes its place by
 * a rename. It holds contents by their hash, and restored data by its plan; nothing in it counts
 * for anything until it is installed. Restored data is durable. A content is not, and counts only
 * for the process that hashed it: what a crash left is fetched again, whatever its name says (S4).
 */
export class RestoreWorkshop {
  readonly #parts: WorkshopParts;
  /** The SHA-256 of what this process took in. */
  readonly #contents = new Set<string>();
  readonly folder: string;

  constructor(parts: WorkshopParts) {
    this.#parts = parts;
    this.folder = join(parts.dataDir, 'restoring');
  }

  async ensureFolder(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
  }

  /** Whether this process took the content of this hash in, and it is still here. */
  async hasContent(sha256: string): Promise<boolean> {
    return this.#contents.has(sha256) && exists(this.#contentPath(sha256));
  }

  /**
   * Finds a content that was taken in to be sound: etcd's own tool opens the database and reads
   * every page of it. Where it is not, it is gone, and this throws `E2D_SNAPSHOT_CORRUPT`.
   */
  async admit(
    { sha256, id }: Pick<PinnedSnapshot, 'sha256' | 'id'>,
    bounds: { readonly signal: AbortSignal },
  ): Promise<PinnedSnapshot> {
    const tool = snapshotTool(this.#parts.binaries());
    try {
      const { revision } = await tool.status(this.#contentPath(sha256), bounds);
      return { id, sha256, revision };
    } catch (problem) {
      await this.#drop(sha256);
      throw problem;
    }
  }

  /** Takes in a content whose hash was checked. */
  async keep(file: string, sha256: string): Promise<void> {
    await rename(file, this.#contentPath(sha256));
    this.#contents.add(sha256);
  }

  /** For a snapshot's content, and the database that is made of it: see `requireRoom`. */
  async requireRoomFor(entry: SnapshotEntry): Promise<void> {
    const bytes = entry.kind === 'e2d' ? entry.record.content.sizeBytes : entry.storedBytes;
    await this.requireRoom(2 * bytes);
  }

  /** Throws `E2D_DISK_FULL` unless so much can be written and half a gigabyte be left. */
  async requireRoom(bytes: number): Promise<void> {
    await this.ensureFolder();
    const { bavail, bsize } = await statfs(this.folder);
    const [free, needed] = [bavail * bsize, Math.ceil(bytes * roomFactor)];
    if (free >= needed) return;
    throw new E2dError(
      `The disk of ${this.#parts.dataDir} has ${mebibytes(free)} MiB left, and the restore needs ${mebibytes(needed)} MiB.`,
      {
        code: 'E2D_DISK_FULL',
        remedy: 'Make room there: old data that was moved aside is one place.',
      },
    );
  }

  /**
   * Restores the plan's content, which must have been taken in, and opens what came of it. The
   * content is gone then: it would only take the room that the database needs, and be written to
   * the disk for nothing.
   */
  async stage(
    {
      plan,
      name,
      peerUrl,
    }: { readonly plan: BootstrapPlan; readonly name: string; readonly peerUrl: string },
    { signal }: { readonly signal: AbortSignal },
  ): Promise<void> {
    const staged = this.#stagedPath(plan);
    if (await this.hasStaged(plan)) return;
    await rm(staged, { recursive: true, force: true });
    const sha256 = plan.snapshot?.sha256 ?? '';
    if (!this.#contents.has(sha256)) throw new Error(`content ${sha256} was not taken in`);
    const file = this.#contentPath(sha256);
    const { size } = await stat(file);
    await this.requireRoom(size);
    const part = `${staged}.part`;
    await rm(part, { recursive: true, force: true });
    const tool = snapshotTool(this.#parts.binaries());
    await tool.restore({
      file,
      dataDir: part,
      name,
      peerUrl,
      initialCluster: initialClusterOf(plan),
      token: plan.id,
      integrity: 'known',
      bumpRevision: (await tool.canBump({ signal })) ? bumpRevision : null,
      signal,
    });
    await readRestored(part);
    await rename(part, staged);
    await syncDirectory(this.folder);
    await this.#drop(sha256);
  }

  hasStaged(plan: BootstrapPlan): Promise<boolean> {
    return exists(join(this.#stagedPath(plan), 'member'));
  }

  /** S3: what lies in the data dir is moved aside; what was staged takes its place. */
  async install(plan: BootstrapPlan): Promise<{ readonly movedTo: string | null }> {
    const { dataDir, clock } = this.#parts;
    const [from, to] = [join(this.#stagedPath(plan), 'member'), join(dataDir, 'member')];
    if (!(await exists(from))) {
      throw new E2dError(
        `What was restored by plan ${plan.id} is not in ${this.folder} any more.`,
        {
          code: 'E2D_RESTORE_FAILED',
          remedy: 'e2d restores it anew; nothing else has changed.',
        },
      );
    }
    const movedTo = (await exists(to))
      ? await moveAside(dataDir, 'restored', clock.wallTime())
      : null;
    await rename(from, to);
    await syncDirectory(dataDir);
    await rm(this.folder, { recursive: true, force: true });
    return { movedTo };
  }

  /** Removes all that earlier restores left, but for what was restored by the plan. */
  async discard(keep: BootstrapPlan | null): Promise<void> {
    this.#contents.clear();
    if (keep === null) return rm(this.folder, { recursive: true, force: true });
    const names = await readdir(this.folder).catch(() => [] as string[]);
    for (const name of names.filter((name) => name !== keep.id)) {
      await rm(join(this.folder, name), { recursive: true, force: true });
    }
  }

  async #drop(sha256: string): Promise<void> {
    this.#contents.delete(sha256);
    await rm(this.#contentPath(sha256), { force: true });
  }

  /** Where the content of this hash belongs. */
  #contentPath(sha256: string): string {
    return join(this.folder, `${sha256}.snapshot`);
  }

  #stagedPath({ id }: BootstrapPlan): string {
    return join(this.folder, id);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw problem;
  }
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
