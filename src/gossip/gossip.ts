import { Subject } from 'rxjs';
import { formatAddress, type SocketAddress, sameBytes } from './address.ts';
import type { Gossip, JoinResult } from './gossip-api.ts';
import { checkedMeta, type GossipConfig } from './gossip-config.ts';
import { GossipError } from './gossip-error.ts';
import { createParts, type GossipDeps, type NodeParts } from './node-parts.ts';
import { socketAddressOf } from './packet-port.ts';
import type { GossipProblem, GossipProblemCode } from './problems.ts';
import type { ExchangeOutcome } from './state-exchange.ts';
import type { GossipEvent, GossipView } from './view.ts';
import { encodeMessage } from './wire/message-encode.ts';

export type { Gossip } from './gossip-api.ts';

const MAX_USER_MESSAGE_BYTES = 1024;
const STANDING: ReadonlySet<GossipProblemCode> = new Set(['wrongKey', 'flooded']);

/** @throws GossipError for a configuration that cannot work. */
export function createGossip(config: GossipConfig, deps: GossipDeps = {}): Gossip {
  return new GossipNode(config, deps);
}

/** One node's life: starts its parts, speaks for it, ends them. */
class GossipNode implements Gossip {
  readonly #events = new Subject<GossipEvent>();
  readonly #userMessages = new Subject<Uint8Array>();
  readonly #problems = new Subject<GossipProblem>();
  readonly #config: GossipConfig;
  readonly #parts: NodeParts;
  #phase: 'new' | 'running' | 'leaving' | 'stopped' = 'new';

  readonly events$ = this.#events.asObservable();
  readonly userMessages$ = this.#userMessages.asObservable();
  readonly problems$ = this.#problems.asObservable();

  constructor(config: GossipConfig, deps: GossipDeps) {
    this.#config = config;
    this.#parts = createParts(config, deps, {
      onEvent: (event) => this.#changed(event),
      onUserMessage: (body) => this.#userMessages.next(body),
      onProblem: (problem) => this.#problems.next(problem),
    });
  }

  async start(): Promise<SocketAddress> {
    if (this.#phase !== 'new') throw notRunning('a gossip node can be started only once');
    this.#phase = 'running';
    const { transport, inbox, server, problems, table } = this.#parts;
    const started = transport.start({
      onPacket: (bytes, from) => inbox.packet(bytes, from),
      onStream: (stream, from) => server.accept(stream, from),
      onProblem: (message) => problems.report('transport', message, message),
    });
    const bound = await started.catch((error) => {
      this.#phase = 'stopped';
      throw error;
    });
    const advertised = this.#config.advertise ?? this.#config.bind;
    table.putOwnPort(advertised.port === 0 ? bound.port : advertised.port);
    this.#startLoops();
    return socketAddressOf(table.self) ?? bound;
  }

  async join(addresses: readonly string[]): Promise<JoinResult> {
    const reached: SocketAddress[] = [];
    const failures: { address: string; reason: string }[] = [];
    const { resolver } = this.#parts;
    const attempts = addresses.map(async (text) => {
      const found = await resolver.resolve(text);
      if (found.length === 0) failures.push({ address: text, reason: 'it has no address now' });
      for (const address of found) {
        const outcome = await this.#joinOne(address);
        if (outcome.kind === 'merged') reached.push(address);
        else failures.push({ address: formatAddress(address), reason: reasonOf(outcome) });
      }
    });
    await Promise.all(attempts);
    return { reached, failures };
  }

  view(): GossipView {
    return this.#parts.table.view();
  }

  setMetadata(meta: Uint8Array): void {
    const { membership, table } = this.#parts;
    if (this.#phase === 'new') throw notRunning('this gossip node is not started yet');
    if (this.#phase !== 'running') return;
    const checked = checkedMeta(meta);
    if (!sameBytes(checked, table.self.meta)) membership.announce({ meta: checked });
  }

  sendUserMessage(body: Uint8Array, key?: string): void {
    this.#mustBeRunning();
    if (body.length > MAX_USER_MESSAGE_BYTES) {
      throw new GossipError(`a gossip message of ${body.length} bytes is too long`, {
        code: 'GOSSIP_BAD_CONFIG',
        remedy: `send at most ${MAX_USER_MESSAGE_BYTES} bytes, or use the exchanged state`,
      });
    }
    this.#parts.dissemination.spreadUserMessage(encodeMessage({ type: 'user', body }), key);
  }

  setLocalDelay(delayMs: number): void {
    this.#parts.awareness.setLocalDelay(delayMs);
  }

  awarenessScore(): number {
    return this.#parts.awareness.score();
  }

  pendingBroadcasts(): number {
    return this.#parts.dissemination.waiting;
  }

  standingProblems(): readonly GossipProblem[] {
    return this.#parts.problems.standing(STANDING);
  }

  leave(timeoutMs: number): Promise<boolean> {
    if (this.#phase !== 'running') return Promise.resolve(false);
    this.#phase = 'leaving';
    const { clock, membership, table, bootstrapper, detector, exchange } = this.#parts;
    bootstrapper.stop();
    detector.stop();
    exchange.stop();
    const nobodyToTell = table.othersAlive().length === 0;
    return new Promise((resolve) => {
      const timer = clock.setTimeout(() => resolve(false), timeoutMs);
      const told = () => {
        clock.clearTimeout(timer);
        resolve(this.#phase === 'leaving');
      };
      membership.leave(told);
      if (nobodyToTell) told();
    });
  }

  async stop(): Promise<void> {
    if (this.#phase === 'stopped') return;
    this.#phase = 'stopped';
    const parts = this.#parts;
    parts.bootstrapper.stop();
    parts.detector.stop();
    parts.exchange.stop();
    parts.membership.stop();
    parts.responder.stop();
    parts.dissemination.stop();
    parts.streams.stop();
    parts.server.stop();
    await parts.transport.stop();
    this.#events.complete();
    this.#userMessages.complete();
    this.#problems.complete();
  }

  #startLoops(): void {
    if (this.#phase !== 'running') return;
    const { detector, exchange, bootstrapper } = this.#parts;
    detector.start();
    exchange.start();
    bootstrapper.start();
  }

  #joinOne(address: SocketAddress): Promise<ExchangeOutcome> {
    if (this.#phase !== 'running') {
      return Promise.resolve({ kind: 'failed', reason: 'this node is not running' });
    }
    return new Promise((resolve) => this.#parts.exchange.exchangeWith(address, true, resolve));
  }

  #changed(event: GossipEvent): void {
    const { detector, bootstrapper, guard } = this.#parts;
    guard.know(event.member);
    if (event.type === 'joined' && event.previous === null) detector.added(event.member.name);
    if (event.type === 'failed' || event.type === 'left') {
      if (!event.member.isSelf) bootstrapper.memberLost();
    }
    this.#events.next(event);
  }

  #mustBeRunning(): void {
    if (this.#phase === 'running') return;
    throw notRunning(`this gossip node is ${this.#phase}, not running`);
  }
}

function reasonOf(outcome: ExchangeOutcome): string {
  return outcome.kind === 'failed' ? outcome.reason : 'only a node of our own name answered';
}

function notRunning(message: string): GossipError {
  return new GossipError(message, {
    code: 'GOSSIP_NOT_RUNNING',
    remedy: 'start a new gossip node before using it',
  });
}
