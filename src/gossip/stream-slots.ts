import { Allowance, BoundedMap } from './allowance.ts';
import type { Clock } from './clock.ts';

/** Questions of one address that were none; a good one costs nothing. */
const FRUITLESS = { burst: 128, perSecond: 32 };
/** What an unread question costs more with its size. */
const BYTES_PER_UNIT = 64 * 1024;
const MAX_ADDRESSES = 1024;
/** The share of all slots that one address may hold. */
const ADDRESS_SHARE = 4;
/** What all open streams together may make us hold. */
const MAX_HELD_BYTES = 32 * 1024 * 1024;

/** One accepted stream that has not asked its question yet. */
export interface Slot {
  readonly addr: string;
  /** Ends the stream, and gives its slot back. */
  readonly close: () => void;
  heldBytes: number;
}

/**
 * The streams that are served at the same time. Where there are too many the oldest of the address
 * with most gives way: members are done within milliseconds, and only who stays silent gets old.
 */
export class StreamSlots {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #size: number;
  /** In the order in which they were accepted. */
  readonly #open = new Set<Slot>();
  readonly #fruitless = new BoundedMap<Allowance>(MAX_ADDRESSES);
  #heldBytes = 0;

  constructor(clock: Pick<Clock, 'nowMs'>, size: number) {
    this.#clock = clock;
    this.#size = size;
  }

  has(slot: Slot): boolean {
    return this.#open.has(slot);
  }

  /** False where this address has wasted too many streams of late. */
  take(slot: Slot): boolean {
    if (this.#fruitless.get(slot.addr)?.isSpent === true) return false;
    const ownShare = Math.ceil(this.#size / ADDRESS_SHARE);
    const own = [...this.#open].filter(({ addr }) => addr === slot.addr);
    if (own.length >= ownShare) own[0]?.close();
    else if (this.#open.size >= this.#size) this.#oldestOfMost()?.close();
    this.#open.add(slot);
    return true;
  }

  /** False when it was given back before. */
  giveBack(slot: Slot): boolean {
    if (!this.#open.delete(slot)) return false;
    this.#heldBytes -= slot.heldBytes;
    return true;
  }

  /** Counts what a stream has sent. Closes the one that holds most when all hold too much. */
  hold(slot: Slot, bytes: number): void {
    slot.heldBytes += bytes;
    this.#heldBytes += bytes;
    if (this.#heldBytes <= MAX_HELD_BYTES) return;
    [...this.#open].reduce((most, one) => (one.heldBytes > most.heldBytes ? one : most)).close();
  }

  /** A stream that asked nothing we could read. */
  wasted({ addr, heldBytes }: Slot): void {
    let allowance = this.#fruitless.get(addr);
    if (allowance === undefined) {
      allowance = new Allowance(this.#clock, FRUITLESS);
      this.#fruitless.set(addr, allowance);
    }
    allowance.spend(1 + heldBytes / BYTES_PER_UNIT);
  }

  closeAll(): void {
    for (const { close } of [...this.#open]) close();
  }

  #oldestOfMost(): Slot | undefined {
    const counts = new Map<string, number>();
    for (const { addr } of this.#open) counts.set(addr, (counts.get(addr) ?? 0) + 1);
    const most = Math.max(...counts.values());
    return [...this.#open].find(({ addr }) => counts.get(addr) === most);
  }
}
