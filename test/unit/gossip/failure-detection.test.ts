import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseHostPort } from '../../../src/gossip/address.ts';
import { decodePacket } from '../../../src/gossip/wire/packet-decode.ts';
import { encodePacket } from '../../../src/gossip/wire/packet-encode.ts';
import {
  aliveNames,
  eventsAbout,
  GossipPool,
  POOL_PORT,
  type PoolNode,
  stateOf,
} from '../../support/gossip-pool.ts';

let pool: GossipPool;

beforeEach(() => {
  pool = new GossipPool(7);
});

afterEach(() => pool.stop());

function last<T>(items: readonly T[]): T {
  const item = items.at(-1);
  if (item === undefined) throw new Error('there is none');
  return item;
}

const bootstrapOf = (nodes: readonly PoolNode[]) => nodes.map(({ addr }) => `${addr}:${POOL_PORT}`);

describe('a killed node', () => {
  test.each([
    { size: 2, seed: 1, withinMs: 6200 },
    { size: 3, seed: 2, withinMs: 7200 },
    { size: 3, seed: 3, withinMs: 7200 },
    { size: 3, seed: 4, withinMs: 7200 },
    { size: 5, seed: 5, withinMs: 8000 },
    { size: 5, seed: 6, withinMs: 8000 },
  ])('of $size (seed $seed) is failed everywhere within $withinMs ms', async (row) => {
    pool = new GossipPool(row.seed);
    const nodes = await pool.form(row.size);
    await pool.clock.run(10_000);
    const victim = last(nodes);
    await pool.kill(victim);
    const others = nodes.slice(0, -1);
    const tookMs = await pool.clock.runUntil(
      () => others.every((node) => stateOf(node, victim.name) === 'failed'),
      30_000,
    );
    // One probe of 1 s and a suspicion of 4 s: faster would be a false accusation elsewhere.
    expect(tookMs).toBeGreaterThan(4900);
    expect(tookMs).toBeLessThan(row.withinMs);
    for (const node of others) {
      expect(eventsAbout(node, victim.name)).toEqual(['joined', 'suspected', 'failed']);
      expect(aliveNames(node)).toHaveLength(row.size - 1);
    }
  });

  test('is forgotten after the time that the dead are remembered', async () => {
    const nodes = await pool.form(3);
    await pool.kill(last(nodes));
    await pool.clock.run(60_000);
    expect(nodes.slice(0, 2).map((node) => stateOf(node, 'n3'))).toEqual([undefined, undefined]);
    const [first] = nodes;
    expect(first && eventsAbout(first, 'n3')).toEqual([
      'joined',
      'suspected',
      'failed',
      'forgotten',
    ]);
  });

  test.each([
    { what: 'before anybody missed it', afterMs: 300, events: ['updated'] },
    { what: 'while it is suspected', afterMs: 4000, events: ['suspected', 'recovered'] },
    {
      what: 'after it was declared dead',
      afterMs: 12_000,
      events: ['suspected', 'failed', 'joined'],
    },
  ])('that starts again at its address $what is seen at once', async ({ afterMs, events }) => {
    const nodes = await pool.form(3);
    await pool.clock.run(10_000);
    // Its earlier life was so long that its first words afterwards are old news.
    for (let life = 0; life < 5; life += 1) {
      last(nodes).gossip.setMetadata(Uint8Array.of(1, life));
    }
    await pool.clock.run(2000);
    await pool.kill(last(nodes));
    await pool.clock.run(afterMs);
    const others = nodes.slice(0, 2);
    const eventsBefore = others.map((node) => eventsAbout(node, 'n3').length);
    const meta = Uint8Array.of(2);
    const again = await pool.start('n3', { bootstrap: bootstrapOf(nodes), meta });
    const isBack = (node: PoolNode) => {
      const member = node.gossip.view().members.get('n3');
      return member?.state === 'alive' && member.meta[0] === 2;
    };
    const tookMs = await pool.clock.runUntil(() => others.every(isBack), 5000);
    expect(tookMs).toBeLessThan(50);
    expect(aliveNames(again)).toEqual(['n1', 'n2', 'n3']);
    expect(eventsBefore.every((count) => count > 0)).toBe(true);
    expect(others[0] && eventsAbout(others[0], 'n3').slice(-events.length)).toEqual(events);
  });
});

describe('a node that is well', () => {
  test('is never accused in ten quiet minutes, and costs a ping and an ack per second', async () => {
    const nodes = await pool.form(3);
    await pool.clock.run(30_000);
    const packetsBefore = pool.network.packets.length;
    await pool.clock.run(600_000);
    const perNodeAndSecond = (pool.network.packets.length - packetsBefore) / 3 / 600;
    expect(perNodeAndSecond).toBeGreaterThan(1.9);
    expect(perNodeAndSecond).toBeLessThan(2.1);
    for (const node of nodes) {
      expect(node.events.filter(({ type }) => type !== 'joined')).toEqual([]);
      expect(node.problems).toEqual([]);
      expect(node.gossip.pendingBroadcasts()).toBe(0);
    }
    // Per node: probe loop, push/pull loop, one per bootstrap address, at most a running probe.
    expect(pool.clock.pendingTimers).toBeLessThanOrEqual(3 * 6);
  });

  test('survives the loss of a fifth of all packets', async () => {
    const nodes = await pool.form(5);
    let count = 0;
    pool.network.passes = (_from, _to, kind) => {
      count += 1;
      return kind === 'stream' || count % 5 !== 0;
    };
    await pool.clock.run(300_000);
    for (const node of nodes) {
      expect(node.events.filter(({ type }) => type === 'failed')).toEqual([]);
      expect(aliveNames(node)).toHaveLength(5);
    }
  });

  test('that only one other cannot reach is vouched for by the rest', async () => {
    const nodes = await pool.form(3);
    pool.network.passes = (from, to) => ![from, to].every((addr) => addr !== '10.0.0.3');
    await pool.clock.run(120_000);
    for (const node of nodes) {
      expect(node.events.filter(({ type }) => type === 'suspected')).toEqual([]);
    }
  });

  test('that answers over TCP only is kept, and named once', async () => {
    const nodes = await pool.form(2);
    pool.network.passes = (_from, _to, kind) => kind === 'stream';
    await pool.clock.run(60_000);
    const [first] = nodes;
    expect(first && aliveNames(first)).toEqual(['n1', 'n2']);
    expect(first?.problems.map(({ code, subject }) => [code, subject])).toEqual([
      ['tcpOnly', 'n2'],
    ]);
  });

  test('contradicts a false suspicion before anybody believes it', async () => {
    const nodes = await pool.form(3);
    await pool.clock.run(5000);
    const { incarnation } = last(nodes).gossip.view().self;
    const accusation = { type: 'suspect', node: 'n3', from: 'stranger', incarnation } as const;
    pool.network.inject(
      { addr: '10.9.9.9', port: 1 },
      { addr: '10.0.0.1', port: POOL_PORT },
      encodePacket([accusation]),
    );
    expect(nodes.map((node) => stateOf(node, 'n3'))).toEqual(['suspect', 'alive', 'alive']);
    await pool.clock.runUntil(() => nodes.every((node) => aliveNames(node).length === 3), 1000);
    await pool.clock.run(30_000);
    expect(last(nodes).gossip.view().self.incarnation).toBe(incarnation + 1);
    for (const node of nodes) expect(eventsAbout(node, 'n3')).not.toContain('failed');
    expect(nodes[0] && eventsAbout(nodes[0], 'n3')).toEqual(['joined', 'suspected', 'recovered']);
  });

  test('contradicts its own death too, and only a burst of old accusations once', async () => {
    const nodes = await pool.form(3);
    await pool.clock.run(5000);
    const { incarnation } = last(nodes).gossip.view().self;
    const burst = Array.from(
      { length: 20 },
      (_, index) => ({ type: 'suspect', node: 'n3', from: `s${index}`, incarnation }) as const,
    );
    const death = { type: 'dead', node: 'n3', from: 'stranger', incarnation } as const;
    pool.network.inject(
      { addr: '10.9.9.9', port: 1 },
      { addr: '10.0.0.3', port: POOL_PORT },
      encodePacket([death, ...burst]),
    );
    await pool.clock.run(1000);
    expect(last(nodes).gossip.view().self.incarnation).toBe(incarnation + 1);
    expect(nodes.map(aliveNames)).toEqual(nodes.map(() => ['n1', 'n2', 'n3']));
  });
});

describe('a node that is slow itself', () => {
  test.each([3, 20, 45])('accuses nobody after it was stopped for %i s', async (seconds) => {
    const nodes = await pool.form(3);
    await pool.clock.run(10_000);
    const stopped = last(nodes);
    pool.stall(stopped);
    await pool.clock.run(seconds * 1000);
    pool.resume(stopped);
    await pool.clock.runUntil(() => nodes.every((node) => aliveNames(node).length === 3), 20_000);
    await pool.clock.run(20_000);
    expect(eventsAbout(stopped, 'n1')).toEqual(['joined']);
    expect(eventsAbout(stopped, 'n2')).toEqual(['joined']);
    const failures = nodes.slice(0, 2).map((node) => eventsAbout(node, 'n3').includes('failed'));
    expect(failures).toEqual([seconds > 10, seconds > 10]);
  });

  test('reads what others vouched for while it was stopped, before it accuses', async () => {
    const nodes = await pool.form(3);
    const [first] = nodes as [PoolNode];
    await pool.clock.run(10_000);
    pool.network.latencyMs = 50;
    // n1 and n3 do not reach each other: only n2 can vouch for n3, and n1 is stopped meanwhile.
    pool.network.passes = (from, to) => ![from, to].every((addr) => addr !== '10.0.0.2');
    const sent = pool.network.packets;
    const hasAsked = () =>
      sent.slice(-4).some(({ from, bytes }) => {
        const [message] = decodePacket(bytes).messages;
        return from.addr === '10.0.0.1' && message?.type === 'indirectPing';
      });
    await pool.clock.runUntil(hasAsked, 10_000);
    pool.stall(first);
    await pool.clock.run(3000);
    pool.resume(first);
    await pool.clock.run(100);
    expect(eventsAbout(first, 'n3')).toEqual(['joined']);
  });

  test('does not bury a suspect that refuted while it was stopped', async () => {
    const nodes = await pool.form(3);
    await pool.clock.run(10_000);
    const [first, second, third] = nodes as [PoolNode, PoolNode, PoolNode];
    // n3 is silent for a moment; n1 suspects it, and is stopped until long after the time-out.
    pool.stall(third);
    await pool.clock.runUntil(() => stateOf(first, 'n3') === 'suspect', 10_000);
    pool.stall(first);
    pool.resume(third);
    await pool.clock.run(2000);
    expect(stateOf(second, 'n3')).toBe('alive');
    await pool.clock.run(3000);
    pool.resume(first);
    await pool.clock.run(20_000);
    expect(eventsAbout(first, 'n3')).toEqual(['joined', 'suspected', 'recovered']);
    expect(eventsAbout(second, 'n3')).not.toContain('failed');
  });

  test('accuses nobody while its event loop is late, and does so afterwards', async () => {
    const nodes = await pool.form(2);
    const [slow, victim] = nodes as [PoolNode, PoolNode];
    slow.gossip.setLocalDelay(300);
    expect(slow.gossip.awarenessScore()).toBe(1);
    await pool.kill(victim);
    await pool.clock.run(60_000);
    expect(eventsAbout(slow, 'n2')).toEqual(['joined']);
    slow.gossip.setLocalDelay(0);
    await pool.clock.runUntil(() => stateOf(slow, 'n2') === 'failed', 30_000);
  });

  test('does not bury for others what it suspected before it became slow', async () => {
    const nodes = await pool.form(2);
    const [slow, victim] = nodes as [PoolNode, PoolNode];
    await pool.kill(victim);
    await pool.clock.runUntil(() => stateOf(slow, 'n2') === 'suspect', 10_000);
    slow.gossip.setLocalDelay(5000);
    expect(slow.gossip.awarenessScore()).toBe(7);
    await pool.clock.run(60_000);
    expect(stateOf(slow, 'n2')).toBe('suspect');
  });
});

describe('clocks', () => {
  test('that show different hours make no difference', async () => {
    const bootstrap = ['10.0.0.1:7946'];
    const nodes = [
      await pool.start('n1', { bootstrap, clockOffsetMs: 1e12 }),
      await pool.start('n2', { bootstrap, clockOffsetMs: -1e9 }),
      await pool.start('n3', { bootstrap }),
    ];
    await pool.clock.run(60_000);
    expect(nodes.map(aliveNames)).toEqual(nodes.map(() => ['n1', 'n2', 'n3']));
    await pool.kill(last(nodes));
    const others = nodes.slice(0, 2);
    await pool.clock.runUntil(() => others.every((node) => stateOf(node, 'n3') === 'failed'), 8000);
  });
});

describe('probing for others', () => {
  test('answers with the number of the asker, and with a nack when there is no answer', async () => {
    await pool.form(2);
    await pool.clock.run(2000);
    const asker = { addr: '10.9.9.9', port: 5 };
    const ask = (seqNo: number, target: string) =>
      pool.network.inject(
        asker,
        { addr: '10.0.0.1', port: POOL_PORT },
        encodePacket([
          {
            type: 'indirectPing',
            seqNo,
            target: Uint8Array.from(target.split('.'), Number),
            port: parseHostPort(target, POOL_PORT)?.port ?? 0,
            node: target === '10.0.0.2' ? 'n2' : 'n9',
            nack: true,
          },
        ]),
      );
    const answers = () =>
      pool.network.packets
        .filter(({ to }) => to.addr === asker.addr)
        .flatMap(({ bytes }) => decodePacket(bytes).messages)
        .map((message) => [message.type, 'seqNo' in message ? message.seqNo : null]);
    ask(77, '10.0.0.2');
    await pool.clock.run(100);
    expect(answers()).toEqual([['ack', 77]]);
    ask(78, '10.0.0.9');
    await pool.clock.run(300);
    expect(answers()).toEqual([['ack', 77]]);
    await pool.clock.run(200);
    expect(answers()).toEqual([
      ['ack', 77],
      ['nack', 78],
    ]);
  });

  test('a ping for another name is not answered, and named', async () => {
    const [node] = await pool.form(2);
    const before = pool.network.packets.length;
    pool.network.inject(
      { addr: '10.9.9.9', port: 5 },
      { addr: '10.0.0.1', port: POOL_PORT },
      encodePacket([{ type: 'ping', seqNo: 1, node: 'somebody' }]),
    );
    expect(pool.network.packets.slice(before).filter(({ to }) => to.addr === '10.9.9.9')).toEqual(
      [],
    );
    expect(node?.problems.map(({ code }) => code)).toEqual(['misaddressedPing']);
  });
});
