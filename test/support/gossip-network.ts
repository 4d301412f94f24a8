import { formatAddress, type SocketAddress } from '../../src/gossip/address.ts';
import type { Clock } from '../../src/gossip/clock.ts';
import type {
  ByteStream,
  StreamHandlers,
  Transport,
  TransportHandlers,
} from '../../src/gossip/transport.ts';

interface Timer {
  readonly id: number;
  readonly dueMs: number;
  readonly run: () => void;
}

/**
 * Time that passes only when a test says so. Timers run in order of their time, then of their age.
 */
export class VirtualClock implements Clock {
  #nowMs = 0;
  #lastId = 0;
  readonly #timers = new Map<number, Timer>();

  nowMs(): number {
    return this.#nowMs;
  }

  setTimeout(run: () => void, ms: number): number {
    this.#lastId += 1;
    const dueMs = this.#nowMs + Math.max(0, ms);
    this.#timers.set(this.#lastId, { id: this.#lastId, dueMs, run });
    return this.#lastId;
  }

  clearTimeout(handle: number | NodeJS.Timeout): void {
    this.#timers.delete(Number(handle));
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  async run(ms: number): Promise<void> {
    await this.#advance(this.#nowMs + ms, () => false);
  }

  /**
   * Runs until the condition holds; throws when it does not within `withinMs`. Gives the time
   * taken.
   */
  async runUntil(condition: () => boolean, withinMs: number): Promise<number> {
    const startMs = this.#nowMs;
    if (await this.#advance(startMs + withinMs, condition)) return this.#nowMs - startMs;
    throw new Error(`the condition did not hold within ${withinMs} virtual ms`);
  }

  async #advance(untilMs: number, isEnough: () => boolean): Promise<boolean> {
    for (;;) {
      await settle();
      if (isEnough()) return true;
      const next = this.#next();
      if (next === undefined || next.dueMs > untilMs) break;
      this.#timers.delete(next.id);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.run();
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
    return isEnough();
  }

  #next(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers.values()) {
      if (first === undefined || timer.dueMs < first.dueMs) first = timer;
    }
    return first;
  }
}

/**
 * One node's clock on the common time: it may show another hour, and a stalled node's timers run
 * late, all at once, as in a process that was stopped.
 */
export class NodeClock implements Clock {
  readonly #time: VirtualClock;
  readonly #offsetMs: number;
  readonly #late = new Map<number, () => void>();
  #stalled = false;

  constructor(time: VirtualClock, offsetMs = 0) {
    this.#time = time;
    this.#offsetMs = offsetMs;
  }

  nowMs(): number {
    return this.#time.nowMs() + this.#offsetMs;
  }

  setTimeout(run: () => void, ms: number): number {
    const handle = this.#time.setTimeout(() => {
      if (this.#stalled) this.#late.set(handle, run);
      else run();
    }, ms);
    return handle;
  }

  clearTimeout(handle: number | NodeJS.Timeout): void {
    this.#late.delete(Number(handle));
    this.#time.clearTimeout(handle);
  }

  stall(): void {
    this.#stalled = true;
  }

  resume(): void {
    this.#stalled = false;
    for (const [handle, run] of this.#late) {
      this.#late.delete(handle);
      run();
    }
  }
}

/** Lets everything run that waits for promises only. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
}

export interface SentPacket {
  readonly from: SocketAddress;
  readonly to: SocketAddress;
  readonly bytes: Uint8Array;
}

interface Host {
  readonly address: SocketAddress;
  readonly handlers: TransportHandlers;
  /** Held back while the host is frozen, as in the socket buffers of a stopped process. */
  readonly unread: (() => void)[];
  frozen: boolean;
  readonly streams: Set<SimulatedStream>;
}

/** A network in memory, in virtual time: packets and streams with latency, loss and partitions. */
export class GossipNetwork {
  readonly clock: Clock;
  readonly packets: SentPacket[] = [];
  latencyMs = 0.5;
  /** Whether a packet or stream gets from one IP address to another. */
  passes: (from: string, to: string, kind: 'packet' | 'stream') => boolean = () => true;
  readonly #hosts = new Map<string, Host>();
  #lastPort = 20_000;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** A transport for one node at this address; several may follow one another there. */
  transport(bind: SocketAddress): Transport {
    return new SimulatedTransport(this, bind);
  }

  /** Delivers bytes as if they had come from `from`. */
  inject(from: SocketAddress, to: SocketAddress, bytes: Uint8Array): void {
    this.#hosts.get(formatAddress(to))?.handlers.onPacket(bytes, from);
  }

  /** Splits the network: addresses in different groups do not reach each other. */
  partition(...groups: readonly (readonly string[])[]): void {
    const groupOf = (addr: string) => groups.findIndex((group) => group.includes(addr));
    this.passes = (from, to) => groupOf(from) === groupOf(to);
  }

  heal(): void {
    this.passes = () => true;
  }

  /** The host reads nothing until it is thawed; what arrives meanwhile waits. */
  freeze(address: SocketAddress): void {
    const host = this.#hosts.get(formatAddress(address));
    if (host !== undefined) host.frozen = true;
  }

  thaw(address: SocketAddress): void {
    const host = this.#hosts.get(formatAddress(address));
    if (host === undefined) return;
    host.frozen = false;
    for (const read of host.unread.splice(0)) read();
  }

  attach(bind: SocketAddress, handlers: TransportHandlers): Host {
    if (bind.port === 0) this.#lastPort += 1;
    const address = bind.port === 0 ? { addr: bind.addr, port: this.#lastPort } : bind;
    const key = formatAddress(address);
    if (this.#hosts.has(key)) throw new Error(`${key} is already in use`);
    const host: Host = { address, handlers, unread: [], frozen: false, streams: new Set() };
    this.#hosts.set(key, host);
    return host;
  }

  detach(host: Host): void {
    this.#hosts.delete(formatAddress(host.address));
    for (const stream of [...host.streams]) stream.vanish();
  }

  send(packet: SentPacket): void {
    this.packets.push(packet);
    this.clock.setTimeout(() => {
      const { from, to } = packet;
      const host = this.#hosts.get(formatAddress(to));
      if (host === undefined || !this.passes(from.addr, to.addr, 'packet')) return;
      this.deliver(host, () => host.handlers.onPacket(packet.bytes, from));
    }, this.latencyMs);
  }

  /** Connects after one latency: refused where nobody listens, silent where nothing passes. */
  connect(client: Host, to: SocketAddress, handlers: StreamHandlers): ByteStream {
    const near = new SimulatedStream(this, client, handlers);
    this.clock.setTimeout(() => {
      const host = this.#hosts.get(formatAddress(to));
      if (near.closed || !this.passes(client.address.addr, to.addr, 'stream')) return;
      if (host === undefined) {
        near.fail('connection refused');
        return;
      }
      this.deliver(host, () => {
        const far = new SimulatedStream(this, host, noHandlers);
        far.join(near);
        far.handlers = host.handlers.onStream(far, { addr: client.address.addr, port: 1 });
        near.join(far);
      });
    }, this.latencyMs);
    return near;
  }

  deliver(host: Host, read: () => void): void {
    if (host.frozen) host.unread.push(read);
    else read();
  }
}

const noHandlers: StreamHandlers = { onData: () => {}, onClose: () => {} };

class SimulatedTransport implements Transport {
  readonly #network: GossipNetwork;
  readonly #bind: SocketAddress;
  #host: Host | undefined;

  constructor(network: GossipNetwork, bind: SocketAddress) {
    this.#network = network;
    this.#bind = bind;
  }

  async start(handlers: TransportHandlers): Promise<SocketAddress> {
    this.#host = this.#network.attach(this.#bind, handlers);
    return this.#host.address;
  }

  sendPacket(to: SocketAddress, bytes: Uint8Array): void {
    if (this.#host !== undefined) this.#network.send({ from: this.#host.address, to, bytes });
  }

  openStream(to: SocketAddress, handlers: StreamHandlers): ByteStream {
    if (this.#host === undefined) throw new Error('the transport is not started');
    return this.#network.connect(this.#host, to, handlers);
  }

  async stop(): Promise<void> {
    if (this.#host !== undefined) this.#network.detach(this.#host);
    this.#host = undefined;
  }
}

/** One end of a stream. What is written before the other end is there waits for it. */
class SimulatedStream implements ByteStream {
  handlers: StreamHandlers;
  closed = false;
  readonly #network: GossipNetwork;
  readonly #host: Host;
  readonly #early: Uint8Array[] = [];
  #peer: SimulatedStream | undefined;

  constructor(network: GossipNetwork, host: Host, handlers: StreamHandlers) {
    this.#network = network;
    this.#host = host;
    this.handlers = handlers;
    host.streams.add(this);
  }

  join(peer: SimulatedStream): void {
    this.#peer = peer;
    for (const bytes of this.#early.splice(0)) this.#carry(peer, () => peer.#receive(bytes));
  }

  write(bytes: Uint8Array): void {
    const peer = this.#peer;
    if (this.closed) return;
    if (peer === undefined) this.#early.push(bytes);
    else this.#carry(peer, () => peer.#receive(bytes));
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    if (this.closed) return;
    this.vanish();
    const peer = this.#peer;
    if (peer !== undefined) this.#carry(peer, () => peer.fail());
    this.#network.clock.setTimeout(() => this.handlers.onClose(), 0);
  }

  /** The other end is gone, or was never there. */
  fail(problem?: string): void {
    if (this.closed) return;
    this.vanish();
    this.handlers.onClose(problem);
  }

  /** Gone without a word. */
  vanish(): void {
    this.closed = true;
    this.#host.streams.delete(this);
  }

  #receive(bytes: Uint8Array): void {
    if (!this.closed) this.handlers.onData(bytes);
  }

  #carry(peer: SimulatedStream, read: () => void): void {
    const network = this.#network;
    network.clock.setTimeout(() => {
      const [from, to] = [this.#host.address.addr, peer.#host.address.addr];
      if (network.passes(from, to, 'stream')) network.deliver(peer.#host, read);
    }, network.latencyMs);
  }
}
