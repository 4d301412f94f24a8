import { beforeEach, describe, expect, test } from 'vitest';
import type { ByteStream } from '../../../src/gossip/transport.ts';
import { GossipNetwork, type SimulatedTransport } from '../../../src/simulation/gossip-network.ts';
import { Links } from '../../../src/simulation/links.ts';
import { ProcessTime } from '../../../src/simulation/process-time.ts';
import { SeededRandom } from '../../../src/simulation/seeded-random.ts';
import { VirtualTime } from '../../../src/simulation/virtual-time.ts';

const port = 7980;

/** A process that notes what reaches it, and answers on streams with what it got. */
class Host {
  readonly process: ProcessTime;
  readonly transport: SimulatedTransport;
  readonly bind;
  readonly packets: string[] = [];
  readonly streamed: string[] = [];
  readonly closed: (string | undefined)[] = [];
  readonly #time: VirtualTime;

  constructor(network: GossipNetwork, time: VirtualTime, addr: string) {
    this.#time = time;
    this.bind = { addr, port };
    this.process = new ProcessTime(time);
    this.transport = network.transport(this.bind, this.process);
  }

  start(): Promise<unknown> {
    return this.transport.start({
      onPacket: (bytes, from) => {
        this.packets.push(`${this.#time.nowMs()} ${from.addr} ${bytes.join()}`);
      },
      onStream: (stream) => ({
        onData: (bytes) => {
          this.streamed.push(bytes.join());
          stream.write(bytes);
        },
        onClose: (problem) => void this.closed.push(problem),
      }),
      onProblem: () => undefined,
    });
  }

  /** Opens a stream, and notes what comes back on it. */
  open(to: Host): ByteStream {
    return this.transport.openStream(to.bind, {
      onData: (bytes) => void this.streamed.push(bytes.join()),
      onClose: (problem) => void this.closed.push(problem),
    });
  }

  send(to: Host, ...bytes: number[]): void {
    this.transport.sendPacket(to.bind, Uint8Array.from(bytes));
  }
}

let time: VirtualTime;
let links: Links;
let network: GossipNetwork;
let one: Host;
let two: Host;

beforeEach(async () => {
  time = new VirtualTime();
  links = new Links(new SeededRandom(5));
  network = new GossipNetwork(time, links);
  one = new Host(network, time, '10.0.0.1');
  two = new Host(network, time, '10.0.0.2');
  await Promise.all([one.start(), two.start()]);
});

const pass = (ms: number) => time.runUntil(time.nowMs() + ms);
const cutOff = () => links.cut(['10.0.0.1'], ['10.0.0.2']);

describe('packets', () => {
  test('arrive after the latency, and say whom they are from', async () => {
    one.send(two, 1, 2);
    await pass(0.4);
    expect(two.packets).toEqual([]);
    await pass(1);
    expect(two.packets).toEqual(['0.5 10.0.0.1 1,2']);
  });

  test('are lost, and duplicated, by the weather', async () => {
    const fair = links.worsen({ lossRate: 1 });
    one.send(two, 1);
    fair();
    links.worsen({ duplicateRate: 1 });
    one.send(two, 2);
    await pass(1);
    expect(two.packets).toEqual(['0.5 10.0.0.1 2', '0.5 10.0.0.1 2']);
  });

  test('overtake each other where the latency varies', async () => {
    links.worsen({ jitterMs: 500 });
    for (let sent = 0; sent < 20; sent += 1) one.send(two, sent);
    await pass(1_000);
    const order = two.packets.map((packet) => Number(packet.split(' ')[2]));
    expect(order).not.toEqual([...order].sort((a, b) => a - b));
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, at) => at));
  });

  test('pass a one-way cut the other way only', async () => {
    cutOff();
    one.send(two, 1);
    two.send(one, 2);
    await pass(1);
    expect(two.packets).toEqual([]);
    expect(one.packets).toEqual(['0.5 10.0.0.2 2']);
  });

  test('wait while the process is paused, in their order', async () => {
    two.process.pause();
    one.send(two, 1);
    await pass(100);
    one.send(two, 2);
    await pass(100);
    expect(two.packets).toEqual([]);
    two.process.resume();
    expect(two.packets).toEqual(['200 10.0.0.1 1', '200 10.0.0.1 2']);
  });

  test('to nobody are lost, as are those of a process that ended', async () => {
    two.transport.vanish();
    one.send(two, 1);
    await pass(10);
    await two.start();
    one.transport.vanish();
    one.send(two, 2);
    await pass(10);
    expect(two.packets).toEqual([]);
  });
});

describe('an address', () => {
  test('is taken by one process at a time', async () => {
    const third = new Host(network, time, '10.0.0.2');
    await expect(third.start()).rejects.toThrow('10.0.0.2:7980 is already in use');
    two.transport.vanish();
    await third.start();
    one.send(third, 1);
    await pass(1);
    expect(third.packets).toHaveLength(1);
    expect(two.packets).toEqual([]);
  });
});

describe('streams', () => {
  test('carry bytes both ways in order, also those written before they are connected', async () => {
    const stream = one.open(two);
    for (const byte of [1, 2, 3]) stream.write(Uint8Array.of(byte));
    await pass(10);
    stream.write(Uint8Array.of(4));
    await pass(10);
    expect(two.streamed).toEqual(['1', '2', '3', '4']);
    expect(one.streamed).toEqual(['1', '2', '3', '4']);
  });

  test('keep their order where the latency varies', async () => {
    links.worsen({ jitterMs: 500 });
    const stream = one.open(two);
    for (let byte = 0; byte < 20; byte += 1) stream.write(Uint8Array.of(byte));
    await pass(5_000);
    expect(two.streamed).toEqual(Array.from({ length: 20 }, (_, at) => String(at)));
  });

  test('are refused where nobody listens', async () => {
    two.transport.vanish();
    one.open(two);
    await pass(10);
    expect(one.closed).toEqual(['connection refused']);
  });

  test('are silent where nothing passes', async () => {
    cutOff();
    one.open(two).write(Uint8Array.of(1));
    await pass(60_000);
    expect([one.closed, two.streamed]).toEqual([[], []]);
  });

  test('end at both ends, once', async () => {
    const stream = one.open(two);
    await pass(10);
    stream.end();
    stream.write(Uint8Array.of(1));
    stream.destroy();
    await pass(10);
    expect([one.closed, two.closed, two.streamed]).toEqual([[undefined], [undefined], []]);
  });

  test('break when the process at the other end dies', async () => {
    one.open(two);
    await pass(10);
    two.process.end();
    two.transport.vanish();
    await pass(10);
    expect(one.closed).toEqual([undefined]);
    expect(two.closed).toEqual([]);
  });

  test('do not break where its death cannot be told', async () => {
    one.open(two);
    await pass(10);
    links.cut(['10.0.0.2'], ['10.0.0.1']);
    two.process.end();
    two.transport.vanish();
    await pass(60_000);
    expect(one.closed).toEqual([]);
  });

  test('bytes and ends wait while the process is paused', async () => {
    const stream = one.open(two);
    await pass(10);
    two.process.pause();
    stream.write(Uint8Array.of(1));
    stream.end();
    await pass(100);
    expect([two.streamed, two.closed]).toEqual([[], []]);
    two.process.resume();
    expect([two.streamed, two.closed]).toEqual([['1'], [undefined]]);
  });
});
