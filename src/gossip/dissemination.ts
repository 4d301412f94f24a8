import { BroadcastQueue, type PacketRoom } from './broadcast-queue.ts';
import type { Clock, TimerHandle } from './clock.ts';
import type { MemberRecord } from './member-record.ts';
import type { MemberTable } from './member-table.ts';
import type { PacketPort } from './packet-port.ts';
import { type Random, shuffled } from './random.ts';
import type { GossipSettings } from './settings.ts';

export interface DisseminationDeps {
  readonly settings: GossipSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly table: MemberTable;
  readonly packets: PacketPort;
}

/**
 * Spreads news: on the next packets that go out anyway, and in rounds to a few random nodes. The
 * first round after news comes at once, so that a change crosses a pool in milliseconds; without
 * news there is no timer at all.
 */
export class Dissemination {
  readonly #deps: DisseminationDeps;
  readonly #news: BroadcastQueue;
  readonly #userMessages: BroadcastQueue;
  readonly #lastToldRound = new Map<string, number>();
  #rounds = 0;
  #userMessageCount = 0;
  #timer: TimerHandle | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  #lastRoundMs = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(deps: DisseminationDeps) {
    this.#deps = deps;
    // The early round comes on top: the regular ones stay as many, and as far apart, as they were.
    const { retransmitMult, gossipNodes } = deps.settings;
    this.#news = new BroadcastQueue(retransmitMult, gossipNodes);
    this.#userMessages = new BroadcastQueue(retransmitMult, gossipNodes);
  }

  /** Messages still to be sent, for diagnostics. */
  get waiting(): number {
    return this.#news.size + this.#userMessages.size;
  }

  /** Encoded news about a node; replaces older news about it. */
  spread(about: string, news: Uint8Array, onSpread?: () => void): void {
    this.#news.add(about, news, onSpread);
    this.#scheduleEagerly();
  }

  /** An encoded user message; with a key it replaces an unsent one with the same key. */
  spreadUserMessage(message: Uint8Array, key?: string): void {
    this.#userMessageCount += 1;
    this.#userMessages.add(key ?? `#${this.#userMessageCount}`, message);
    this.#scheduleEagerly();
  }

  /** News first; user messages take what is left. */
  takeFor(room: PacketRoom): Uint8Array[] {
    if (this.waiting === 0) return [];
    const nodes = this.#deps.table.size;
    const news = this.#news.take(room, nodes);
    const used = news.reduce((sum, part) => sum + part.length + room.perPartBytes, 0);
    const rest = { ...room, bytes: room.bytes - used, parts: room.parts - news.length };
    return [...news, ...this.#userMessages.take(rest, nodes)];
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== undefined) this.#deps.clock.clearTimeout(this.#timer);
    this.#news.clear();
    this.#userMessages.clear();
  }

  #scheduleEagerly(): void {
    const { clock, settings } = this.#deps;
    this.#schedule(Math.max(clock.nowMs(), this.#lastRoundMs + settings.eagerGossipMs));
  }

  /** Never postpones a round that is due earlier. */
  #schedule(dueMs: number): void {
    if (this.#stopped || dueMs >= this.#dueMs) return;
    const { clock } = this.#deps;
    if (this.#timer !== undefined) clock.clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = clock.setTimeout(() => this.#round(), Math.max(0, dueMs - clock.nowMs()));
  }

  #round(): void {
    const { clock, settings, packets } = this.#deps;
    this.#timer = undefined;
    this.#dueMs = Number.POSITIVE_INFINITY;
    const nowMs = clock.nowMs();
    // After a pause the news is new, and whom old news went to says nothing.
    if (nowMs - this.#lastRoundMs > 2 * settings.gossipIntervalMs) this.#lastToldRound.clear();
    this.#lastRoundMs = nowMs;
    const targets = this.#nextTargets();
    for (const target of targets) {
      const parts = this.takeFor(packets.emptyRoom());
      if (parts.length === 0) return;
      packets.sendParts(target, parts);
    }
    if (targets.length > 0 && this.waiting > 0) {
      this.#schedule(this.#lastRoundMs + settings.gossipIntervalMs);
    }
  }

  /**
   * Random nodes, but first those that were not told for longest: so news reaches as many different
   * nodes as it is sent times, which in a small pool are all of them.
   */
  #nextTargets(): MemberRecord[] {
    const { settings, table, random } = this.#deps;
    this.#rounds += 1;
    const tolds = shuffled(
      table.others().filter((node) => this.#isTold(node)),
      random,
    );
    const lastTold = ({ name }: MemberRecord) => this.#lastToldRound.get(name) ?? 0;
    const targets = tolds.sort((a, b) => lastTold(a) - lastTold(b)).slice(0, settings.gossipNodes);
    for (const { name } of targets) this.#lastToldRound.set(name, this.#rounds);
    return targets;
  }

  #isTold(node: MemberRecord): boolean {
    if (node.state !== 'dead') return node.state !== 'left';
    const sinceMs = this.#deps.clock.nowMs() - node.stateChangedAtMs;
    return sinceMs <= this.#deps.settings.gossipToTheDeadTimeMs;
  }
}
