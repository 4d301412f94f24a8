import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decodePacket } from '../../../src/gossip/wire/packet-decode.ts';
import { aliveNames, eventsAbout, GossipPool, type PoolNode } from '../../support/gossip-pool.ts';

let pool: GossipPool;

beforeEach(() => {
  pool = new GossipPool(21);
});

afterEach(() => pool.stop());

const text = (value: string) => new TextEncoder().encode(value);
const read = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const metaOf = ({ gossip }: PoolNode, name: string) => read(gossip.view().members.get(name)?.meta);

describe('metadata', () => {
  test.each([3, 5, 7])('crosses a pool of %i in milliseconds', async (size) => {
    const nodes = await pool.form(size);
    await pool.clock.run(5000);
    nodes[0]?.gossip.setMetadata(text('role=a'));
    const tookMs = await pool.clock.runUntil(
      () => nodes.every((node) => metaOf(node, 'n1') === 'role=a'),
      1000,
    );
    expect(tookMs).toBeLessThan(25);
    expect(nodes[1] && eventsAbout(nodes[1], 'n1')).toEqual(['joined', 'updated']);
  });

  test('set many times in a row arrives as its last, in few packets', async () => {
    const nodes = await pool.form(3);
    await pool.clock.run(5000);
    const before = pool.network.packets.length;
    for (let change = 1; change <= 200; change += 1) {
      nodes[0]?.gossip.setMetadata(text(`change ${change}`));
      await pool.clock.run(1);
    }
    await pool.clock.run(30);
    expect(nodes.map((node) => metaOf(node, 'n1'))).toEqual(nodes.map(() => 'change 200'));
    // At most one round per 20 ms and node, of two packets each.
    expect(pool.network.packets.length - before).toBeLessThan(3 * 2 * (230 / 20 + 2));
  });

  test('set to what it was is no news', async () => {
    const nodes = await pool.form(2, { meta: text('same') });
    await pool.clock.run(5000);
    const { incarnation } = (nodes[0] as PoolNode).gossip.view().self;
    nodes[0]?.gossip.setMetadata(text('same'));
    expect(nodes[0]?.gossip.view().self.incarnation).toBe(incarnation);
    expect(nodes[0]?.gossip.pendingBroadcasts()).toBe(0);
  });

  test('beyond the limit is refused and changes nothing', async () => {
    const node = await pool.start('n1', { meta: text('old') });
    expect(() => node.gossip.setMetadata(new Uint8Array(513))).toThrow(/513 bytes is too long/);
    node.gossip.setMetadata(new Uint8Array(512));
    expect(node.gossip.view().self.meta).toHaveLength(512);
  });

  test('of a large pool fits packets of the allowed size', async () => {
    const nodes = await pool.form(9, { meta: new Uint8Array(512).fill(7) });
    await pool.clock.run(5000);
    for (const { gossip } of nodes) gossip.setMetadata(new Uint8Array(512).fill(8));
    await pool.clock.run(35_000);
    expect(nodes.every((node) => metaOf(node, 'n1') === '\b'.repeat(512))).toBe(true);
    const longest = Math.max(...pool.network.packets.map(({ bytes }) => bytes.length));
    expect(longest).toBeLessThanOrEqual(1400);
  });

  test('that all gossip lost is repaired by the next exchange', async () => {
    const nodes = await pool.form(3);
    await pool.clock.run(5000);
    pool.network.passes = (_from, _to, kind) => kind === 'stream';
    nodes[0]?.gossip.setMetadata(text('unheard'));
    await pool.clock.runUntil(() => nodes[0]?.gossip.pendingBroadcasts() === 0, 1500);
    expect(nodes[1] && metaOf(nodes[1], 'n1')).toBe('');
    pool.network.heal();
    await pool.clock.runUntil(
      () => nodes.every((node) => metaOf(node, 'n1') === 'unheard'),
      60_000,
    );
  });
});

describe('events', () => {
  test('come in order with the view right after each, also when a listener causes the next', async () => {
    const first = await pool.start('n1');
    const seen: string[] = [];
    first.gossip.events$.subscribe(({ type, member }) => {
      if (type === 'joined') first.gossip.setMetadata(text(`met ${member.name}`));
    });
    first.gossip.events$.subscribe(({ type, member, view }) => {
      seen.push(`${type} ${member.name} of ${view.members.size}, I say "${read(view.self.meta)}"`);
      expect(view.members.get(member.name)).toBe(member);
    });
    await pool.start('n2', { bootstrap: ['10.0.0.1'] });
    await pool.clock.run(100);
    expect(seen).toEqual(['joined n2 of 2, I say ""', 'updated n1 of 2, I say "met n2"']);
  });
});

describe('user messages', () => {
  test('reach the others with what was sent', async () => {
    const nodes = await pool.form(3);
    await pool.clock.run(2000);
    nodes[0]?.gossip.sendUserMessage(text('hello'));
    await pool.clock.run(1000);
    expect(nodes[0]?.userMessages).toEqual([]);
    for (const { userMessages } of nodes.slice(1)) {
      expect(new Set(userMessages.map(read))).toEqual(new Set(['hello']));
    }
    expect(nodes[0]?.gossip.pendingBroadcasts()).toBe(0);
  });

  test('give way to news about nodes', async () => {
    const nodes = await pool.form(2);
    await pool.clock.run(2000);
    const before = pool.network.packets.length;
    nodes[0]?.gossip.sendUserMessage(text('x'.repeat(1000)));
    nodes[0]?.gossip.setMetadata(new Uint8Array(512).map((_, index) => (index * 7919) % 251));
    await pool.clock.run(10);
    const [packet] = pool.network.packets.slice(before);
    const kinds = packet && decodePacket(packet.bytes).messages.map(({ type }) => type);
    expect(kinds).toEqual(['alive']);
  });

  test('with the same key are replaced, and too long ones refused', async () => {
    const nodes = await pool.form(2);
    await pool.clock.run(2000);
    nodes[0]?.gossip.sendUserMessage(text('one'), 'key');
    nodes[0]?.gossip.sendUserMessage(text('two'), 'key');
    await pool.clock.run(1000);
    expect(new Set(nodes[1]?.userMessages.map(read))).toEqual(new Set(['two']));
    expect(() => nodes[0]?.gossip.sendUserMessage(new Uint8Array(1025))).toThrow(/too long/);
  });
});

describe('the state that an application adds', () => {
  test('is exchanged both ways on joining and later', async () => {
    const heard: string[] = [];
    const userState = (name: string) => ({
      local: (join: boolean) => text(`${name} ${join}`),
      merge: (state: Uint8Array, join: boolean) => {
        heard.push(`${name} heard ${read(state)} ${join}`);
      },
    });
    await pool.start('n1', { userState: userState('n1') });
    await pool.start('n2', { userState: userState('n2'), bootstrap: ['10.0.0.1'] });
    await pool.clock.run(100);
    expect(heard).toEqual(['n1 heard n2 true true', 'n2 heard n1 true true']);
    heard.length = 0;
    await pool.clock.run(31_000);
    expect(heard).toContain('n1 heard n2 false false');
    expect(heard).toContain('n2 heard n1 false false');
  });

  test('that cannot be merged is a problem and nothing worse', async () => {
    const userState = {
      local: () => text('bad'),
      merge: () => {
        throw new Error('not understood');
      },
    };
    const first = await pool.start('n1', { userState });
    const second = await pool.start('n2', { userState, bootstrap: ['10.0.0.1'] });
    await pool.clock.run(1000);
    expect(aliveNames(first)).toEqual(['n1', 'n2']);
    expect(second.problems[0]?.message).toMatch(/10\.0\.0\.1:7946 was refused: not understood/);
  });
});
