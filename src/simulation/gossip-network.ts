import { formatAddress, type SocketAddress } from '../gossip/address.ts';
import type {
  ByteStream,
  StreamHandlers,
  Transport,
  TransportHandlers,
} from '../gossip/transport.ts';
import type { Links } from './links.ts';
import type { ProcessTime } from './process-time.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A process that listens: what arrives while it is stopped waits for it in its buffers. */
interface Listener {
  readonly address: SocketAddress;
  readonly time: ProcessTime;
  readonly handlers: TransportHandlers;
  readonly streams: Set<SimulatedStream>;
}

/** Datagrams and streams between simulated processes. */
export class GossipNetwork {
  readonly #time: VirtualTime;
  readonly #links: Links;
  readonly #listeners = new Map<string, Listener>();

  constructor(time: VirtualTime, links: Links) {
    this.#time = time;
    this.#links = links;
  }

  transport(bind: SocketAddress, time: ProcessTime): SimulatedTransport {
    return new SimulatedTransport(this, bind, time);
  }

  attach(address: SocketAddress, time: ProcessTime, handlers: TransportHandlers): Listener {
    const key = formatAddress(address);
    if (this.#listeners.has(key)) throw new Error(`${key} is already in use`);
    const listener = { address, time, handlers, streams: new Set<SimulatedStream>() };
    this.#listeners.set(key, listener);
    return listener;
  }

  /** The process ends: its streams break, as its kernel tells the other ends. */
  detach(listener: Listener): void {
    const key = formatAddress(listener.address);
    if (this.#listeners.get(key) === listener) this.#listeners.delete(key);
    for (const stream of [...listener.streams]) stream.destroy();
  }

  send(from: SocketAddress, to: SocketAddress, bytes: Uint8Array): void {
    const copies = this.#links.copies(from.addr, to.addr);
    for (let copy = 0; copy < copies; copy += 1) {
      this.#time.setTimeout(
        () => {
          const listener = this.#listeners.get(formatAddress(to));
          listener?.time.whenRunning(() => listener.handlers.onPacket(bytes, from));
        },
        this.#links.latencyMs(from.addr, to.addr),
      );
    }
  }

  /** Connects after one latency: refused where nobody listens, silent where nothing passes. */
  connect(client: Listener, to: SocketAddress, handlers: StreamHandlers): ByteStream {
    const near = new SimulatedStream(this, client, handlers);
    this.carry(client.address, to, () => {
      if (near.closed) return;
      const server = this.#listeners.get(formatAddress(to));
      if (server === undefined) {
        this.carry(to, client.address, () => near.fail('connection refused'));
        return;
      }
      server.time.whenRunning(() => {
        const far = new SimulatedStream(this, server, noHandlers);
        far.join(near);
        far.handlers = server.handlers.onStream(far, { addr: client.address.addr, port: 1 });
        near.join(far);
      });
    });
    return near;
  }

  /** Brings something from one address to another, unless the way is cut. */
  carry(from: SocketAddress, to: SocketAddress, arrive: () => void): void {
    if (!this.#links.reaches(from.addr, to.addr)) return;
    this.#time.setTimeout(arrive, this.#links.latencyMs(from.addr, to.addr));
  }
}

const noHandlers: StreamHandlers = { onData: () => undefined, onClose: () => undefined };

export class SimulatedTransport implements Transport {
  readonly #network: GossipNetwork;
  readonly #bind: SocketAddress;
  readonly #time: ProcessTime;
  #listener: Listener | null = null;

  constructor(network: GossipNetwork, bind: SocketAddress, time: ProcessTime) {
    this.#network = network;
    this.#bind = bind;
    this.#time = time;
  }

  async start(handlers: TransportHandlers): Promise<SocketAddress> {
    this.#listener = this.#network.attach(this.#bind, this.#time, handlers);
    return this.#bind;
  }

  sendPacket(to: SocketAddress, bytes: Uint8Array): void {
    if (this.#listener !== null) this.#network.send(this.#bind, to, bytes);
  }

  openStream(to: SocketAddress, handlers: StreamHandlers): ByteStream {
    if (this.#listener === null) throw new Error('the transport is not started');
    return this.#network.connect(this.#listener, to, handlers);
  }

  async stop(): Promise<void> {
    this.vanish();
  }

  /** As the kernel closes the sockets of a process that was killed. */
  vanish(): void {
    if (this.#listener !== null) this.#network.detach(this.#listener);
    this.#listener = null;
  }
}

/**
 * One end of a stream. What is written before the other end is there waits for it; bytes arrive in
 * order, for a stream has the same latency from its start to its end.
 */
class SimulatedStream implements ByteStream {
  handlers: StreamHandlers;
  closed = false;
  readonly #network: GossipNetwork;
  readonly #owner: Listener;
  readonly #early: Uint8Array[] = [];
  #peer: SimulatedStream | undefined;
  #inFlight: Promise<void> = Promise.resolve();

  constructor(network: GossipNetwork, owner: Listener, handlers: StreamHandlers) {
    this.#network = network;
    this.#owner = owner;
    this.handlers = handlers;
    owner.streams.add(this);
  }

  join(peer: SimulatedStream): void {
    this.#peer = peer;
    for (const bytes of this.#early.splice(0)) this.#toPeer((far) => far.#receive(bytes));
  }

  write(bytes: Uint8Array): void {
    if (this.closed) return;
    if (this.#peer === undefined) this.#early.push(bytes);
    else this.#toPeer((far) => far.#receive(bytes));
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    if (this.closed) return;
    this.#close();
    this.#toPeer((far) => far.fail());
    this.#owner.time.setTimeout(() => this.handlers.onClose(), 0);
  }

  /** The other end is gone, or was never there. */
  fail(problem?: string): void {
    if (this.closed) return;
    this.#close();
    this.#owner.time.whenRunning(() => this.handlers.onClose(problem));
  }

  #close(): void {
    this.closed = true;
    this.#owner.streams.delete(this);
  }

  #receive(bytes: Uint8Array): void {
    if (this.closed) return;
    this.#owner.time.whenRunning(() => this.handlers.onData(bytes));
  }

  #toPeer(arrive: (far: SimulatedStream) => void): void {
    const far = this.#peer;
    if (far === undefined) return;
    const before = this.#inFlight;
    this.#inFlight = new Promise((arrived) => {
      this.#network.carry(this.#owner.address, far.#owner.address, () => {
        void before.then(() => {
          arrive(far);
          arrived();
        });
      });
    });
  }
}
