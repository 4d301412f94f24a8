import { retransmitLimit } from './spreading.ts';

interface Broadcast {
  /** News with the same key replaces each other: only the latest about a node is worth sending. */
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly order: number;
  /** Undefined once it was called. */
  onSpread: (() => void) | undefined;
  transmits: number;
}

/** What one packet may still carry. */
export interface PacketRoom {
  readonly bytes: number;
  readonly perPartBytes: number;
  readonly parts: number;
}

/** News waiting to be sent often enough. Least sent first, then the larger, then the newer. */
export class BroadcastQueue {
  readonly #retransmitMult: number;
  readonly #extraTransmits: number;
  readonly #waiting = new Map<string, Broadcast>();
  #order = 0;

  /** `extraTransmits` come on top of what the protocol asks for; nobody waits for them. */
  constructor(retransmitMult: number, extraTransmits = 0) {
    this.#retransmitMult = retransmitMult;
    this.#extraTransmits = extraTransmits;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** `onSpread` runs once when it was sent often enough, was replaced or the queue is cleared. */
  add(key: string, bytes: Uint8Array, onSpread?: () => void): void {
    const replaced = this.#waiting.get(key);
    this.#order += 1;
    this.#waiting.set(key, { key, bytes, order: this.#order, onSpread, transmits: 0 });
    if (replaced !== undefined) this.#report(replaced);
  }

  /** Takes what fits, and counts it as sent. `nodes` is the size of the pool. */
  take(room: PacketRoom, nodes: number): Uint8Array[] {
    if (this.#waiting.size === 0) return [];
    const limit = retransmitLimit(this.#retransmitMult, nodes);
    const taken: Uint8Array[] = [];
    let left = room.bytes;
    for (const broadcast of [...this.#waiting.values()].sort(byUrgency)) {
      if (taken.length >= room.parts) break;
      const cost = broadcast.bytes.length + room.perPartBytes;
      if (cost > left) continue;
      left -= cost;
      taken.push(broadcast.bytes);
      broadcast.transmits += 1;
      if (broadcast.transmits >= limit) this.#report(broadcast);
      if (broadcast.transmits >= limit + this.#extraTransmits) this.#finish(broadcast);
    }
    return taken;
  }

  clear(): void {
    for (const broadcast of [...this.#waiting.values()]) this.#finish(broadcast);
  }

  #finish(broadcast: Broadcast): void {
    this.#waiting.delete(broadcast.key);
    this.#report(broadcast);
  }

  #report(broadcast: Broadcast): void {
    const { onSpread } = broadcast;
    broadcast.onSpread = undefined;
    onSpread?.();
  }
}

function byUrgency(a: Broadcast, b: Broadcast): number {
  return a.transmits - b.transmits || b.bytes.length - a.bytes.length || b.order - a.order;
}
