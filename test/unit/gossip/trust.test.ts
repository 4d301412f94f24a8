import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Alive, PacketMessage, PushPullNode } from '../../../src/gossip/messages.ts';
import { Keyring } from '../../../src/gossip/wire/keyring.ts';
import { encodePacket } from '../../../src/gossip/wire/packet-encode.ts';
import { encodeStream } from '../../../src/gossip/wire/stream-encode.ts';
import { aliveNames, GossipPool, POOL_PORT, type PoolNode } from '../../support/gossip-pool.ts';

let pool: GossipPool;

beforeEach(() => {
  pool = new GossipPool(31);
});

afterEach(() => pool.stop());

const stranger = { addr: '10.9.9.9', port: 9 };
const key = (fill: number) => new Uint8Array(32).fill(fill);
const plainVsn = Uint8Array.of(1, 5, 2, 0, 0, 0);

function inject(messages: readonly PacketMessage[], to = '10.0.0.1') {
  pool.network.inject(stranger, { addr: to, port: POOL_PORT }, encodePacket(messages));
}

function alive(changes: Partial<Alive>): Alive {
  const addr = Uint8Array.of(10, 9, 9, 1);
  return {
    type: 'alive',
    node: 'x',
    addr,
    port: 1,
    meta: null,
    vsn: plainVsn,
    incarnation: 1,
    ...changes,
  };
}

describe('keys', () => {
  test('a pool with a key works, and nothing of it is readable', async () => {
    const nodes = await pool.form(3, { keyring: new Keyring([key(1)]) });
    nodes[0]?.gossip.setMetadata(new TextEncoder().encode('secret of n1'));
    await pool.clock.run(30_000);
    expect(nodes.map(aliveNames)).toEqual(nodes.map(() => ['n1', 'n2', 'n3']));
    const sent = pool.network.packets.map(({ bytes }) => Buffer.from(bytes).toString('latin1'));
    expect(sent.filter((bytes) => bytes.includes('secret'))).toEqual([]);
  });

  test.each([
    { what: 'another key', keyring: new Keyring([key(2)]), words: /does not share our gossip key/ },
    { what: 'no key', keyring: undefined, words: /without encryption, but this node has a/ },
  ])('a node with $what stays outside, and is named once by each', async ({ keyring, words }) => {
    const first = await pool.start('n1', { keyring: new Keyring([key(1)]) });
    const second = await pool.start('n2', {
      bootstrap: ['10.0.0.1'],
      ...(keyring === undefined ? {} : { keyring }),
    });
    await pool.clock.run(600_000);
    expect(aliveNames(first)).toEqual(['n1']);
    expect(aliveNames(second)).toEqual(['n2']);
    expect(first.problems.map(({ code, subject }) => [code, subject])).toEqual([
      ['wrongKey', '10.0.0.2'],
    ]);
    expect(first.problems[0]?.message).toMatch(words);
    expect(second.problems.filter(({ code }) => code === 'wrongKey')).toHaveLength(1);
  });

  test('a packet under another key is dropped and named once', async () => {
    const node = await pool.start('n1', { keyring: new Keyring([key(1)]) });
    const bytes = encodePacket([alive({})], { keyring: new Keyring([key(2)]) });
    const to = { addr: '10.0.0.1', port: POOL_PORT };
    for (let packet = 0; packet < 10; packet += 1) pool.network.inject(stranger, to, bytes);
    expect(aliveNames(node)).toEqual(['n1']);
    expect(node.problems).toHaveLength(1);
    expect(node.problems[0]?.message).toContain('10.9.9.9:9 does not share our gossip key');
  });

  test('come without a gap: sent and accepted in plain, then accepted, then refused', async () => {
    const problems: unknown[] = [];
    const bootstrap = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
    await pool.form(3);
    for (const plaintext of ['sent', 'accepted', 'refused'] as const) {
      for (const old of [...pool.nodes.values()]) {
        problems.push(...old.problems);
        await pool.kill(old);
        const keyring = new Keyring([key(1)]);
        await pool.start(old.name, { bootstrap, keyring, settings: { plaintext } });
        await pool.clock.run(10_000);
        const seen = [...pool.nodes.values()].map(aliveNames);
        expect(seen, `${old.name} at ${plaintext}`).toEqual(seen.map(() => ['n1', 'n2', 'n3']));
      }
    }
    expect(problems).toEqual([]);
    inject([alive({})]);
    for (const node of pool.nodes.values()) expect(aliveNames(node)).toHaveLength(3);
  });

  test('rotate without a gap: add everywhere, use everywhere, remove everywhere', async () => {
    const nodes: PoolNode[] = [];
    const keyrings = [1, 2, 3].map(() => new Keyring([key(1)]));
    const bootstrap = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
    for (const [index, keyring] of keyrings.entries()) {
      nodes.push(await pool.start(`n${index + 1}`, { keyring, bootstrap }));
    }
    await pool.clock.run(10_000);
    const steps: ((keyring: Keyring) => void)[] = [
      (keyring) => keyring.add(key(2)),
      (keyring) => keyring.use(key(2)),
      (keyring) => keyring.remove(key(1)),
    ];
    for (const step of steps) {
      for (const keyring of keyrings) {
        step(keyring);
        await pool.clock.run(7000);
      }
    }
    await pool.clock.run(60_000);
    for (const node of nodes) {
      expect(aliveNames(node)).toEqual(['n1', 'n2', 'n3']);
      expect(node.events.filter(({ type }) => type !== 'joined')).toEqual([]);
      expect(node.problems).toEqual([]);
    }
  });
});

describe('hostile packets', () => {
  test('of any bytes change nothing and stop nothing', async () => {
    const nodes = await pool.form(2);
    const before = nodes.map(({ gossip }) => gossip.view());
    const to = { addr: '10.0.0.1', port: POOL_PORT };
    const garbage = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(
        fc.constantFrom(0, 1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 244),
        garbage,
        (type, bytes) => {
          pool.network.inject(stranger, to, Uint8Array.of(type, ...bytes));
          pool.network.inject(stranger, to, bytes);
        },
      ),
      { numRuns: 500, seed: 4 },
    );
    await pool.clock.run(20_000);
    expect(nodes.map(({ gossip }) => gossip.view())).toEqual(before);
    // However much comes, a person is told a bounded number of times.
    expect(nodes[0]?.problems.length).toBeLessThanOrEqual(20);
  });

  test.each<{ what: string; message: Alive; code: string }>([
    {
      what: 'no sane versions',
      message: alive({ vsn: new Uint8Array(6) }),
      code: 'malformedMember',
    },
    {
      what: 'an address of 5 bytes',
      message: alive({ addr: new Uint8Array(5) }),
      code: 'malformedMember',
    },
    {
      what: 'an application version that breaks every exchange',
      message: alive({ vsn: Uint8Array.of(1, 5, 2, 2, 5, 5) }),
      code: 'incompatibleVersions',
    },
  ])('a node with $what is not taken in', async ({ message, code }) => {
    const [first] = await pool.form(2);
    inject([message]);
    expect(first && aliveNames(first)).toEqual(['n1', 'n2']);
    const codes = first?.problems.map((problem) => problem.code) ?? [];
    // What the decoder refuses already never gets as far as the member.
    expect([[code], ['malformedPacket']]).toContainEqual(codes);
  });

  test('cannot make us remember any number of nodes', async () => {
    const node = await pool.start('n1', { settings: { maxNodes: 50 } });
    for (let index = 0; index < 200; index += 1) inject([alive({ node: `x${index}` })]);
    expect(node.gossip.view().members.size).toBe(50);
    expect(node.problems.map(({ code }) => code)).toEqual(['tooManyNodes']);
  });

  test('port 0 means our own port', async () => {
    const node = await pool.start('n1');
    inject([alive({ port: 0 })]);
    expect(node.gossip.view().members.get('x')?.port).toBe(POOL_PORT);
  });

  test('an address in its IPv6 form is passed on as it came', async () => {
    const nodes = await pool.form(2);
    const addr = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 9, 9, 1);
    inject([alive({ addr })]);
    await pool.clock.run(100);
    expect(nodes[1]?.gossip.view().members.get('x')?.addr).toBe('10.9.9.1');
    // The same address in its short form would be another one to all peers.
    inject([alive({ addr: Uint8Array.of(10, 9, 9, 1), incarnation: 2 })], '10.0.0.2');
    expect(nodes[1]?.problems.map(({ code }) => code)).toContain('nameConflict');
  });
});

describe('hostile streams', () => {
  const ask = async (chunks: readonly Uint8Array[]) => {
    const network = pool.network;
    const host = network.transport({ addr: '10.9.9.9', port: 0 });
    await host.start({
      onPacket: () => {},
      onStream: () => ({ onData() {}, onClose() {} }),
      onProblem() {},
    });
    const answer: number[] = [];
    let closed = false;
    const stream = host.openStream(
      { addr: '10.0.0.1', port: POOL_PORT },
      {
        onData: (chunk) => answer.push(...chunk),
        onClose: () => {
          closed = true;
        },
      },
    );
    for (const chunk of chunks) stream.write(chunk);
    await pool.clock.run(11_000);
    await host.stop();
    return { answer, closed };
  };

  test('that stay silent or incomplete are closed in time', async () => {
    const node = await pool.start('n1');
    expect(await ask([])).toEqual({ answer: [], closed: true });
    expect(await ask([Uint8Array.of(6, 0x83)])).toEqual({ answer: [], closed: true });
    expect(aliveNames(node)).toEqual(['n1']);
  });

  test('of garbage get an error as answer', async () => {
    await pool.start('n1');
    const { answer, closed } = await ask([Uint8Array.of(99, 1, 2, 3)]);
    expect([answer[0], closed]).toEqual([9, true]);
  });

  test('give way to a question when they stay silent, however many they are', async () => {
    await pool.start('n1', { settings: { maxStreams: 2, compress: false } });
    const question = encodeStream({ type: 'ping', seqNo: 3, node: 'n1' }, { role: 'dialler' });
    const silent = Array.from({ length: 20 }, () => ask([]));
    const results = await Promise.all([...silent, ask([question])]);
    expect(results.at(-1)?.answer[0]).toBe(2);
    expect(results.every(({ closed }) => closed)).toBe(true);
  });

  test('that bring incompatible nodes bring nobody', async () => {
    const node = await pool.start('n1');
    const wrong = Uint8Array.of(1, 5, 2, 2, 5, 5);
    const record = (name: string, vsn: Uint8Array): PushPullNode => ({
      name,
      addr: Uint8Array.of(10, 9, 9, 1),
      port: 1,
      meta: null,
      incarnation: 1,
      state: 'alive',
      vsn,
    });
    const nodes = [record('good', plainVsn), record('bad', wrong)];
    const userState = new Uint8Array(0);
    await ask([
      encodeStream({ type: 'pushPull', join: true, nodes, userState }, { role: 'dialler' }),
    ]);
    expect(aliveNames(node)).toEqual(['n1']);
    expect(node.problems.map(({ code }) => code)).toEqual(['incompatibleVersions']);
  });
});
