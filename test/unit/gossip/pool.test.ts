import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aliveNames, eventsAbout, GossipPool, stateOf } from '../../support/gossip-pool.ts';

let pool: GossipPool;

beforeEach(() => {
  pool = new GossipPool(7);
});

afterEach(async () => {
  await pool.stop();
});

const text = (value: string) => new TextEncoder().encode(value);
const metaOf = (view: { members: ReadonlyMap<string, { meta: Uint8Array }> }, name: string) =>
  new TextDecoder().decode(view.members.get(name)?.meta);

describe('joining', () => {
  test('nodes that start together in any order form one pool within a second', async () => {
    const bootstrap = ['10.0.0.1:7946', '10.0.0.2:7946', '10.0.0.3:7946'];
    const third = await pool.start('n3', { bootstrap });
    await pool.clock.run(40);
    const first = await pool.start('n1', { bootstrap });
    const second = await pool.start('n2', { bootstrap });
    const all = [first, second, third];
    const tookMs = await pool.clock.runUntil(
      () => all.every((node) => aliveNames(node).length === 3),
      1000,
    );
    expect(tookMs).toBeLessThan(100);
    expect(eventsAbout(first, 'n3')).toEqual(['joined']);
  });
});

describe('failure detection', () => {
  test.each([3, 5])('in a pool of %i a killed node is failed within the model', async (size) => {
    const nodes = await pool.form(size);
    await pool.clock.run(10_000);
    const victim = nodes[size - 1];
    if (victim === undefined) throw new Error('no victim');
    await pool.kill(victim);
    const others = nodes.slice(0, -1);
    const tookMs = await pool.clock.runUntil(
      () => others.every((node) => stateOf(node, victim.name) === 'failed'),
      30_000,
    );
    console.log(size, tookMs, eventsAbout(others[0]!, victim.name));
    expect(tookMs).toBeGreaterThan(4900);
    expect(tookMs).toBeLessThan(size === 3 ? 7100 : 9000);
  });
});

describe('metadata', () => {
  test('a change is seen by all within a few milliseconds', async () => {
    const nodes = await pool.form(3);
    await pool.clock.run(5_000);
    nodes[0]?.gossip.setMetadata(text('role=a'));
    const tookMs = await pool.clock.runUntil(
      () => nodes.every(({ gossip }) => metaOf(gossip.view(), 'n1') === 'role=a'),
      1000,
    );
    expect(tookMs).toBeLessThan(5);
  });
});
