import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createGossip, type Gossip } from '../../src/gossip/gossip.ts';
import type { GossipSettings } from '../../src/gossip/settings.ts';
import { Keyring } from '../../src/gossip/wire/keyring.ts';
import { decodePacket } from '../../src/gossip/wire/packet-decode.ts';
import { encodePacket } from '../../src/gossip/wire/packet-encode.ts';
import { encodeStream } from '../../src/gossip/wire/stream-encode.ts';
import { LoopbackBlock } from './loopback.ts';
import { waitUntil } from './wait-until.ts';

const pingEveryMs = 20;
const answerWithinMs = 500;

/** How a pool did while it was watched. */
export interface PoolHealth {
  readonly pings: number;
  /** Of those that were answered in time. */
  readonly answeredShare: number;
  readonly roundTripP50Ms: number;
  readonly roundTripP99Ms: number;
  readonly loopDelayP99Ms: number;
  /** Whoever was suspected or declared failed, though all live. */
  readonly accused: readonly string[];
  /** What the nodes told a person. */
  readonly problems: readonly string[];
  /** What the flooder sent in the time, packets and connections. */
  readonly flooded: number;
}

/**
 * Packets as networks carry them, packets of 60 kB that only loopback carries whole, or streams.
 */
export type Flood = 'none' | 'packets' | 'largePackets' | 'streams';

/** Three encrypted nodes on loopback in this process, and a flooder in another one. */
export class FloodedPool {
  readonly nodes: Gossip[] = [];
  readonly #block = new LoopbackBlock();
  readonly #keyring = new Keyring([randomBytes(32)]);
  readonly #settings: Partial<GossipSettings>;
  readonly #accused: string[] = [];
  readonly #problems: string[] = [];
  readonly #addresses: { addr: string; port: number }[] = [];
  #prober: Socket | undefined;
  #flooder: ChildProcess | undefined;

  constructor(settings: Partial<GossipSettings> = {}) {
    this.#settings = settings;
  }

  async start(): Promise<void> {
    for (const name of ['n1', 'n2', 'n3']) {
      const gossip = createGossip({
        name,
        bind: { addr: this.#block.next(), port: 0 },
        bootstrap: this.#addresses.map(({ addr, port }) => `${addr}:${port}`),
        keyring: this.#keyring,
        settings: this.#settings,
      });
      gossip.events$.subscribe(({ type, member }) => {
        if (type === 'suspected' || type === 'failed') this.#accused.push(`${type} ${member.name}`);
      });
      gossip.problems$.subscribe(({ code, message }) => this.#problems.push(`${code}: ${message}`));
      this.nodes.push(gossip);
      this.#addresses.push(await gossip.start());
    }
    await waitUntil(() => this.nodes.every((node) => node.view().members.size === 3), {
      what: 'all three know one another',
      withinMs: 10_000,
      everyMs: 5,
    });
    this.#prober = createSocket('udp4');
    this.#prober.bind(0, this.#block.next());
    await once(this.#prober, 'listening');
  }

  /** Pings the first node steadily for this long, which is flooded meanwhile. */
  async watch(flood: Flood, forMs: number): Promise<PoolHealth> {
    // The prober holds the key, and is known by its first ping.
    await this.#pingFor(200);
    const sent = flood === 'none' ? () => 0 : await this.#startFlood(flood);
    const before = sent();
    const [accused, problems] = [this.#accused.length, this.#problems.length];
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const trips = await this.#pingFor(forMs);
    delay.disable();
    const flooded = sent() - before;
    this.#flooder?.kill('SIGKILL');
    const answered = trips.filter((ms) => ms !== null).sort((a, b) => a - b);
    const quantile = (share: number) => answered[Math.floor(answered.length * share)] ?? Infinity;
    return {
      pings: trips.length,
      answeredShare: answered.length / trips.length,
      roundTripP50Ms: quantile(0.5),
      roundTripP99Ms: quantile(0.99),
      loopDelayP99Ms: delay.percentile(99) / 1e6,
      accused: this.#accused.slice(accused),
      problems: this.#problems.slice(problems),
      flooded,
    };
  }

  async stop(): Promise<void> {
    this.#flooder?.kill('SIGKILL');
    this.#prober?.close();
    this.#prober = undefined;
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  /** Round trips in ms; null for one that was not answered in time. */
  async #pingFor(forMs: number): Promise<(number | null)[]> {
    const prober = this.#prober;
    const [target] = this.#addresses;
    if (prober === undefined || target === undefined) throw new Error('not started');
    const sentAt: number[] = [];
    const trips: (number | null)[] = [];
    const heard = (bytes: Buffer) => {
      for (const message of decodePacket(bytes, { keyring: this.#keyring }).messages) {
        if (message.type !== 'ack') continue;
        const ms = performance.now() - (sentAt[message.seqNo] ?? Number.NaN);
        if (ms <= answerWithinMs) trips[message.seqNo] = ms;
      }
    };
    prober.on('message', heard);
    const endMs = performance.now() + forMs;
    while (performance.now() < endMs) {
      const seqNo = sentAt.push(performance.now()) - 1;
      trips.push(null);
      const ping = encodePacket([{ type: 'ping', seqNo, node: 'n1' }], { keyring: this.#keyring });
      prober.send(ping, target.port, target.addr);
      await pause(pingEveryMs);
    }
    await pause(answerWithinMs);
    prober.off('message', heard);
    return trips;
  }

  /** Gives how much was sent so far, once it has begun. */
  async #startFlood(flood: Exclude<Flood, 'none'>): Promise<() => number> {
    const plan = {
      targets: this.#addresses.slice(0, 1),
      from: this.#block.next(),
      packets: floodPackets(flood),
      streams: flood === 'streams' ? floodStreams() : [],
    };
    const script = fileURLToPath(new URL('gossip-flooder.mjs', import.meta.url));
    const flooder = spawn(process.execPath, [script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    flooder.stdin.end(JSON.stringify(plan));
    this.#flooder = flooder;
    let sent = 0;
    flooder.stdout.on('data', (text: Buffer) => {
      sent = Number(text.toString().trim().split('\n').at(-1));
    });
    await waitUntil(() => sent > 0, { what: 'it floods', withinMs: 10_000, everyMs: 5 });
    return () => sent;
  }
}

/** Garbage, gossip in the clear, gossip under another key; or packets as large as they get. */
function floodPackets(flood: Flood): readonly string[] {
  if (flood === 'streams') return [];
  if (flood === 'largePackets') {
    return [base64(Buffer.concat([Uint8Array.of(1), randomBytes(60_000)]))];
  }
  const keyring = new Keyring([randomBytes(32)]);
  const ping = { type: 'ping', seqNo: 1, node: 'n1' } as const;
  const users = Array.from({ length: 60 }, () => {
    return { type: 'user', body: randomBytes(20) } as const;
  });
  return [
    randomBytes(100),
    encodePacket([ping]),
    encodePacket([ping], { keyring }),
    encodePacket([ping, ...users], { compress: true }),
    encodePacket(users, { keyring }),
  ].map(base64);
}

/** Silence, garbage, another key, and lengths that are never kept to. */
function floodStreams(): readonly string[] {
  const keyring = new Keyring([randomBytes(32)]);
  const ping = { type: 'ping', seqNo: 1, node: 'n1' } as const;
  const endless = (lengthBytes: number, follows: number) => {
    const start = Buffer.alloc(5 + follows);
    start[0] = 10;
    start.writeUInt32BE(lengthBytes, 1);
    return start;
  };
  return [
    new Uint8Array(0),
    randomBytes(300),
    encodeStream(ping, { role: 'dialler', keyring }),
    endless(3 * 1024 * 1024, 200_000),
    endless(0xffff_ffff, 10),
  ].map(base64);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
