import type { ClusterId, MemberId } from '../../../machines/facts.ts';
import type { LogEntry } from './commands.ts';
import type { Keyspace } from './keyspace.ts';

/** What etcd keeps on disk. The entry of index `i` is at `log[i - 1]`: nothing is compacted. */
export interface DataDir {
  readonly memberId: MemberId;
  readonly clusterId: ClusterId;
  term: number;
  votedFor: MemberId | null;
  readonly log: LogEntry[];
  /** Up to here the entries are known to be committed; all of them are applied. */
  commit: number;
}

export interface MovedAside {
  readonly reason: string;
  readonly data: DataDir | null;
  readonly corrupt: boolean;
}

export interface StagedData {
  readonly planId: string;
  readonly data: DataDir;
}

/**
 * The disk under one data dir. It outlives the processes that use it. A process whose data is taken
 * away under it ends when it next writes.
 */
export class EtcdDisk {
  /** Writes fail while it is set. */
  full = false;
  /** How long each write takes to be safe. */
  fsyncDelayMs = 0;
  /** An etcd was started here that has not come as far as writing data: its folder is left. */
  hasLeftovers = false;
  /** Contents that were fetched to be restored, by their hash. */
  readonly fetched = new Map<string, Keyspace>();
  /** How often the whole disk was lost. */
  wiped = 0;
  readonly #aside: MovedAside[] = [];
  #staged: StagedData | null = null;
  #data: DataDir | null = null;
  #corrupt = false;

  get data(): DataDir | null {
    return this.#data;
  }

  get state(): 'none' | 'readable' | 'unreadable' {
    if (this.#corrupt) return 'unreadable';
    return this.#data === null ? 'none' : 'readable';
  }

  /** What was moved aside, oldest first: nothing is ever deleted but by `wipe`. */
  get aside(): readonly MovedAside[] {
    return this.#aside;
  }

  get isEmpty(): boolean {
    return this.state === 'none';
  }

  /** The disk is lost, with all that was ever on it. */
  wipe(): void {
    this.#data = null;
    this.#corrupt = false;
    this.hasLeftovers = false;
    this.#aside.length = 0;
    this.#staged = null;
    this.fetched.clear();
    this.wiped += 1;
  }

  /** The next start of etcd finds data that it cannot use. */
  corrupt(): void {
    this.#corrupt = true;
  }

  moveAside(reason: string): void {
    this.hasLeftovers = false;
    if (this.isEmpty) return;
    this.#aside.push({ reason, data: this.#data, corrupt: this.#corrupt });
    this.#data = null;
    this.#corrupt = false;
  }

  /** Data that was restored beside the data dir, where it counts for nothing yet. */
  get staged(): StagedData | null {
    return this.#staged;
  }

  stage(staged: StagedData): void {
    this.#staged = staged;
  }

  /** By a rename, which never replaces what is there. */
  placeStaged(planId: string): void {
    if (this.#staged?.planId !== planId) throw new Error(`nothing is staged for plan ${planId}`);
    if (!this.isEmpty) throw new Error('ENOTEMPTY: the data dir holds data');
    this.#data = this.#staged.data;
    this.#staged = null;
  }

  /** Removes what restores have left, but for what this plan needs. */
  discardStaged(keep: { readonly planId: string; readonly sha256: string } | null): void {
    if (this.#staged?.planId !== keep?.planId) this.#staged = null;
    for (const sha256 of this.fetched.keys()) {
      if (sha256 !== keep?.sha256) this.fetched.delete(sha256);
    }
  }

  /** For etcd: the first write to an empty data dir. */
  format(data: DataDir): void {
    this.#data = data;
  }
}

export function lastIndex({ log }: DataDir): number {
  return log.length;
}

/** The term of an entry; 0 where there is none. */
export function termAt({ log }: DataDir, index: number): number {
  return log[index - 1]?.term ?? 0;
}

/** Raft's order of logs: a vote is given only to a log that is at least as complete. */
export function compareLogs(left: DataDir, right: DataDir): number {
  const [leftLast, rightLast] = [lastIndex(left), lastIndex(right)];
  return termAt(left, leftLast) - termAt(right, rightLast) || leftLast - rightLast;
}

/** The last index up to which two logs agree. Equal terms at an index mean equal logs up to it. */
export function commonIndex(left: DataDir, right: DataDir): number {
  let index = Math.min(lastIndex(left), lastIndex(right));
  while (index > 0 && termAt(left, index) !== termAt(right, index)) index -= 1;
  return index;
}
