import type { Observable } from 'rxjs';
import type { SocketAddress } from './address.ts';
import type { GossipProblem } from './problems.ts';
import type { GossipEvent, GossipView } from './view.ts';

/** What became of one address of a `join`. */
export interface JoinResult {
  /** Addresses behind which another node was reached and merged with. */
  readonly reached: readonly SocketAddress[];
  readonly failures: readonly { readonly address: string; readonly reason: string }[];
}

/** A node of a gossip pool. Create, subscribe, then `start`; it can be started once. */
export interface Gossip {
  /** Every change of membership, in order, with the whole view beside it. Ends with `stop`. */
  readonly events$: Observable<GossipEvent>;
  /** Bodies of user messages; each may come more than once, or not at all. */
  readonly userMessages$: Observable<Uint8Array>;
  /** What a person should know of; each problem once. */
  readonly problems$: Observable<GossipProblem>;
  /** Listens, and looks for the bootstrap addresses from then on. Gives the address others use. */
  start(): Promise<SocketAddress>;
  /** One attempt at each of these `host:port`. Never rejects. */
  join(addresses: readonly string[]): Promise<JoinResult>;
  view(): GossipView;
  /**
   * Announces what others shall know of us, if it changed; a node that is leaving has nothing to
   * announce any more. @throws GossipError above 512 bytes, or before `start`.
   */
  setMetadata(meta: Uint8Array): void;
  /**
   * Spreads a message to random nodes, most likely all of a small pool; receivers do not pass it
   * on. A later one with the same key replaces it where it was not sent yet. At most 1024 bytes.
   */
  sendUserMessage(body: Uint8Array, key?: string): void;
  /**
   * How late our own event loop runs; stands until it is set again. While high, we accuse nobody.
   */
  setLocalDelay(delayMs: number): void;
  /** Lifeguard's health score, 0 (well) to 7. */
  awarenessScore(): number;
  /** Messages that still have to be sent; 0 when the pool has been told everything. */
  pendingBroadcasts(): number;
  /** Of wrong keys and floods: those that were seen in the last minutes, the oldest first. */
  standingProblems(): readonly GossipProblem[];
  /** Says good-bye; true when the pool was told within the time. Call `stop` afterwards. */
  leave(timeoutMs: number): Promise<boolean>;
  /** Ends everything at once, without a good-bye: to the others it looks like a crash. */
  stop(): Promise<void>;
}
