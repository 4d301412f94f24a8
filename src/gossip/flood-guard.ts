import { formatAddress, type SocketAddress } from './address.ts';
import { Allowance, BoundedMap } from './allowance.ts';
import type { Clock } from './clock.ts';
import type { Problems } from './problems.ts';

/** Packets of a kibibyte: what reading that many in vain costs is about a hundredth of a core. */
const UNREADABLE = { burst: 200, perSecond: 200 };
const BYTES_PER_UNIT = 1024;
const MAX_KNOWN_SOURCES = 1024;
const TELL_EVERY_MS = 60_000;

export interface FloodGuardDeps {
  readonly clock: Clock;
  readonly problems: Problems;
}

/**
 * Bounds what packets from outside the pool can cost. Whoever has proved to be of the pool has an
 * allowance of unreadable packets to itself; all others share one, and what they send beyond it is
 * dropped unread. Dropping is cheap enough to keep the socket's buffer empty, so that the packets
 * of members get through.
 */
export class FloodGuard {
  readonly #deps: FloodGuardDeps;
  readonly #strangers: Allowance;
  readonly #known = new BoundedMap<Allowance>(MAX_KNOWN_SOURCES);
  #dropped = 0;
  #toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(deps: FloodGuardDeps) {
    this.#deps = deps;
    this.#strangers = new Allowance(deps.clock, UNREADABLE);
  }

  /** Packets that were dropped unread so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** False for a packet that shall be dropped unread. */
  admits(from: SocketAddress): boolean {
    if (!this.#allowanceOf(from).isSpent) return true;
    this.#dropped += 1;
    this.#tell();
    return false;
  }

  /** A packet of this source could be read, or the pool named it as a member. */
  know(source: SocketAddress): void {
    const key = keyOf(source);
    if (this.#known.get(key) !== undefined) return;
    this.#known.set(key, new Allowance(this.#deps.clock, UNREADABLE));
  }

  unreadable(from: SocketAddress, bytes: number): void {
    this.#allowanceOf(from).spend(1 + bytes / BYTES_PER_UNIT);
  }

  #allowanceOf(from: SocketAddress): Allowance {
    return this.#known.get(keyOf(from)) ?? this.#strangers;
  }

  #tell(): void {
    const { clock, problems } = this.#deps;
    const nowMs = clock.nowMs();
    if (nowMs - this.#toldAtMs < TELL_EVERY_MS) return;
    this.#toldAtMs = nowMs;
    problems.report(
      'flooded',
      'packets',
      'more packets arrive that cannot be read than this node looks at; the rest is dropped',
    );
  }
}

function keyOf(source: SocketAddress): string {
  return formatAddress(source);
}
