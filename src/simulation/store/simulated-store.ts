import { E2dError } from '../../errors/e2d-error.ts';
import type { Listing } from '../../snapshots/catalogue/read-catalogue.ts';
import type { SnapshotEntry } from '../../snapshots/catalogue/snapshot-entry.ts';
import { byTime } from '../../snapshots/catalogue/snapshot-order.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { entriesOf, type Objects, type StoredBody } from './stored-snapshot.ts';

interface StoreOptions {
  readonly passed: (delayMs: number) => Promise<void>;
  /** Told of every change that e2d makes. */
  readonly onChange: (change: StoreChange) => void;
}

export interface StoreChange {
  readonly kind: 'objectCreated' | 'objectRemoved';
  readonly key: string;
  readonly lineage: string;
}

/** Who calls, and for which lineage it may write. */
export interface StoreCaller {
  readonly random: SeededRandom;
  readonly lineage: string;
}

const callMs = 15;
/** How long a caller finds out that nothing answers. */
const unreachableMs = 1_500;

/**
 * The store that all machines of a world share, by the rules of the real one: what is there is
 * never written over, and a folder is a snapshot once its last object is there. The truth about it
 * is for the checkers; nodes go through `call`, which may fail them.
 */
export class SimulatedStore {
  isDown = false;
  slowMs = 0;
  /** The share of calls that fail: half of them before the deed, and half after it. */
  failing = 0;
  readonly #objects = new Map<string, StoredBody>();
  /** Put there by others, of whatever kind. */
  readonly #foreign: SnapshotEntry[] = [];
  readonly #options: StoreOptions;
  #entries: readonly SnapshotEntry[] | null = null;
  #stale: readonly SnapshotEntry[] | null = null;

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  get objects(): Objects {
    return this.#objects;
  }

  /** What is there in truth, the latest first. */
  get entries(): readonly SnapshotEntry[] {
    this.#entries ??= [...entriesOf(this.#objects), ...this.#foreign].sort(byTime);
    return this.#entries;
  }

  /**
   * From now on listings show what there is now, and nothing that comes later. One that shows
   * nothing at all would be no listing of a store that anybody could rely on.
   */
  freeze(): void {
    if (this.entries.length > 0) this.#stale = this.entries;
  }

  thaw(): void {
    this.#stale = null;
  }

  list(caller: StoreCaller): Promise<Listing> {
    const shown = () => this.#stale?.filter((entry) => this.#isThere(entry)) ?? this.entries;
    return this.#call(caller, () => ({ entries: shown(), problems: [], unfinished: [] }));
  }

  read(key: string, caller: StoreCaller): Promise<StoredBody> {
    return this.#call(caller, () => {
      const body = this.#objects.get(key);
      if (body !== undefined) return body;
      throw new E2dError(`${key} is not in the store.`, { code: 'E2D_STORE_MISSING' });
    });
  }

  create(key: string, body: StoredBody, caller: StoreCaller): Promise<void> {
    return this.#call(caller, () => {
      if (this.#objects.has(key)) {
        throw new E2dError(`${key} is in the store already.`, { code: 'E2D_STORE_EXISTS' });
      }
      this.put(key, body);
      this.#options.onChange({ kind: 'objectCreated', key, lineage: caller.lineage });
    });
  }

  remove(key: string, caller: StoreCaller): Promise<void> {
    return this.#call(caller, () => {
      if (!this.#objects.has(key)) return;
      // Told before it happens: what is about to go can still be looked at.
      this.#options.onChange({ kind: 'objectRemoved', key, lineage: caller.lineage });
      this.#objects.delete(key);
      this.changed();
    });
  }

  /** Somebody puts something there, and asks nobody. */
  put(key: string, body: StoredBody): void {
    this.#objects.set(key, body);
    this.changed();
  }

  putForeign(entry: SnapshotEntry): void {
    this.#foreign.push(entry);
    this.changed();
  }

  /** To be called when what lies in the store was changed in its place. */
  changed(): void {
    this.#entries = null;
  }

  #isThere({ id }: SnapshotEntry): boolean {
    return this.entries.some((entry) => entry.id === id);
  }

  async #call<T>({ random }: StoreCaller, act: () => T): Promise<T> {
    const { passed } = this.#options;
    await passed(callMs + this.slowMs);
    if (this.isDown) {
      await passed(unreachableMs);
      throw new E2dError('The store does not answer.', { code: 'E2D_STORE_UNREACHABLE' });
    }
    const fails = random.chance(this.failing);
    const isLate = fails && random.chance(0.5);
    const answer = fails && !isLate ? null : { value: act() };
    if (fails || answer === null) {
      throw new E2dError('The store answers 503, slow down.', { code: 'E2D_STORE_FAILED' });
    }
    return answer.value;
  }
}
