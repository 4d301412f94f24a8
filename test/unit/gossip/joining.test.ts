import { afterEach, beforeEach, describe, expect, test } from 'vitest';
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
  pool = new GossipPool(11);
});

afterEach(() => pool.stop());

const addresses = (count: number) =>
  Array.from({ length: count }, (_, index) => `10.0.0.${index + 1}:${POOL_PORT}`);

const allSee = (nodes: readonly PoolNode[], count: number) => () =>
  nodes.every((node) => aliveNames(node).length === count);

describe('nodes that look for one another', () => {
  test('form one pool within milliseconds of the last start, in any order', async () => {
    const bootstrap = addresses(3);
    const nodes = [await pool.start('n3', { bootstrap })];
    await pool.clock.run(40);
    nodes.push(await pool.start('n1', { bootstrap }), await pool.start('n2', { bootstrap }));
    const tookMs = await pool.clock.runUntil(allSee(nodes, 3), 1000);
    expect(tookMs).toBeLessThan(100);
    for (const node of nodes) {
      expect(node.events.map(({ type, previous }) => [type, previous])).toEqual([
        ['joined', null],
        ['joined', null],
      ]);
    }
  });

  test('are found however late they start, without a restart of anybody', async () => {
    const bootstrap = ['10.0.0.2:7946'];
    const early = await pool.start('n1', { bootstrap });
    await pool.clock.run(3_600_000);
    const late = await pool.start('n2');
    const tookMs = await pool.clock.runUntil(allSee([early, late], 2), 20_000);
    expect(tookMs).toBeLessThan(12_100);
  });

  test('try at once, then ever less often, up to every ten seconds', async () => {
    const attemptsMs: number[] = [];
    pool.network.passes = (_from, _to, kind) => {
      if (kind === 'stream') attemptsMs.push(pool.clock.nowMs());
      return true;
    };
    await pool.start('n1', { bootstrap: ['10.0.0.2:7946'] });
    await pool.clock.run(120_000);
    const pausesMs = attemptsMs.map((atMs, index) => atMs - (attemptsMs[index - 1] ?? 0));
    expect(pausesMs[0]).toBeLessThan(2);
    [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000].forEach((expectedMs, index) => {
      expect(pausesMs[index + 1]).toBeGreaterThan(expectedMs * 0.8);
      expect(pausesMs[index + 1]).toBeLessThan(expectedMs * 1.2 + 2);
    });
  });

  test('do not keep calling themselves', async () => {
    const node = await pool.start('n1', { bootstrap: ['10.0.0.1:7946'] });
    let streams = 0;
    pool.network.passes = (_from, _to, kind) => {
      if (kind === 'stream') streams += 1;
      return true;
    };
    await pool.clock.run(60_000);
    expect(streams).toBe(0);
    expect(pool.network.packets).toEqual([]);
    expect(pool.clock.pendingTimers).toBe(3);
    expect(aliveNames(node)).toEqual(['n1']);
  });

  test('follow a name to its new address, and say when it has none', async () => {
    let found: readonly string[] = [];
    const resolveHost = async () => {
      if (found.length === 0) throw new Error('no such name');
      return found;
    };
    const node = await pool.start('n1', { bootstrap: ['peers.example:7946'], resolveHost });
    await pool.start('n2');
    await pool.start('n3');
    await pool.clock.run(30_000);
    expect(node.problems.map(({ code, subject }) => [code, subject])).toEqual([
      ['unresolvedAddress', 'peers.example:7946'],
    ]);
    found = ['10.0.0.1', '10.0.0.2'];
    await pool.clock.runUntil(() => aliveNames(node).length === 2, 15_000);
    found = ['10.0.0.1', '10.0.0.3'];
    await pool.clock.runUntil(() => aliveNames(node).length === 3, 20_000);
  });

  test('one attempt on request tells what it came to', async () => {
    const node = await pool.start('n1');
    await pool.start('n2');
    const joining = node.gossip.join(['10.0.0.2:7946', '10.0.0.9', 'x/10.0.0.1', 'a:b']);
    await pool.clock.run(1000);
    const { reached, failures } = await joining;
    expect(reached).toEqual([{ addr: '10.0.0.2', port: 7946 }]);
    expect(failures.map(({ address }) => address).sort()).toEqual([
      '10.0.0.1:7946',
      '10.0.0.9:7946',
      'a:b',
    ]);
    expect(aliveNames(node)).toEqual(['n1', 'n2']);
  });
});

describe('a pool that was cut', () => {
  test('in two halves for longer than the dead are remembered becomes one again', async () => {
    const nodes = await pool.form(5);
    await pool.clock.run(5000);
    pool.network.partition(['10.0.0.1', '10.0.0.2'], ['10.0.0.3', '10.0.0.4', '10.0.0.5']);
    await pool.clock.run(300_000);
    expect(nodes.map(aliveNames)).toEqual([
      ['n1', 'n2'],
      ['n1', 'n2'],
      ['n3', 'n4', 'n5'],
      ['n3', 'n4', 'n5'],
      ['n3', 'n4', 'n5'],
    ]);
    expect(nodes[0] && stateOf(nodes[0], 'n5')).toBeUndefined();
    pool.network.heal();
    expect(await pool.clock.runUntil(allSee(nodes, 5), 60_000)).toBeLessThan(20_000);
    await pool.clock.run(60_000);
    expect(allSee(nodes, 5)()).toBe(true);
  });

  test('for a short while becomes one again in seconds', async () => {
    const nodes = await pool.form(4, { settings: { tcpTimeoutMs: 500 } });
    await pool.clock.run(60_000);
    pool.network.partition(['10.0.0.1', '10.0.0.2'], ['10.0.0.3', '10.0.0.4']);
    const cut = () => nodes.every((node) => aliveNames(node).length === 2);
    await pool.clock.runUntil(cut, 60_000);
    // By now nobody is told of the deaths any more: only looking for the missing helps.
    await pool.clock.run(2000);
    pool.network.heal();
    expect(await pool.clock.runUntil(allSee(nodes, 4), 60_000)).toBeLessThan(5000);
  });

  test.each([5_000, 20_000, 600_000])(
    'off one node for %i ms takes it back by itself',
    async (cutMs) => {
      const nodes = await pool.form(3);
      await pool.clock.run(5000);
      pool.network.partition(['10.0.0.3'], ['10.0.0.1', '10.0.0.2']);
      await pool.clock.run(cutMs);
      pool.network.heal();
      expect(await pool.clock.runUntil(allSee(nodes, 3), 60_000)).toBeLessThan(20_000);
    },
  );

  test('off a node that nobody told it where to look is found by the others', async () => {
    const first = await pool.start('n1');
    const others = [
      await pool.start('n2', { bootstrap: ['10.0.0.1:7946'] }),
      await pool.start('n3', { bootstrap: ['10.0.0.1:7946'] }),
    ];
    const nodes = [first, ...others];
    await pool.clock.runUntil(allSee(nodes, 3), 1000);
    pool.network.partition(['10.0.0.1'], ['10.0.0.2', '10.0.0.3']);
    await pool.clock.run(200_000);
    pool.network.heal();
    expect(await pool.clock.runUntil(allSee(nodes, 3), 60_000)).toBeLessThan(20_000);
  });
});

describe('a node that leaves', () => {
  test('is seen to have left at once, not to have failed, and stays gone', async () => {
    const nodes = await pool.form(3);
    const [first, second, third] = nodes as [PoolNode, PoolNode, PoolNode];
    await pool.clock.run(5000);
    const startMs = pool.clock.nowMs();
    const leaving = third.gossip.leave(5000);
    await pool.clock.runUntil(
      () => [first, second].every((node) => stateOf(node, 'n3') === 'left'),
      1000,
    );
    expect(pool.clock.nowMs() - startMs).toBeLessThan(10);
    await pool.clock.run(1000);
    expect(await leaving).toBe(true);
    // It still answers; nobody brings it back, not even its own bootstrap addresses.
    await pool.clock.run(30_000);
    expect(stateOf(third, 'n3')).toBe('left');
    await pool.kill(third);
    await pool.clock.run(20_000);
    for (const node of [first, second]) {
      expect(eventsAbout(node, 'n3').slice(0, 2)).toEqual(['joined', 'left']);
      expect(eventsAbout(node, 'n3')).not.toContain('failed');
    }
    const again = await pool.start('n3', { bootstrap: addresses(3) });
    await pool.clock.runUntil(allSee([first, second, again], 3), 1000);
  });

  test('alone has nobody to tell', async () => {
    const node = await pool.start('n1', { bootstrap: addresses(2) });
    const leaving = node.gossip.leave(5000);
    await pool.clock.run(1);
    expect(await leaving).toBe(true);
  });

  test('does not wait for longer than it was told', async () => {
    const nodes = await pool.form(2);
    pool.network.passes = () => false;
    const leaving = nodes[0]?.gossip.leave(50);
    await pool.clock.run(50);
    expect(await leaving).toBe(false);
  });

  test('may come back at another address at once', async () => {
    const nodes = await pool.form(3);
    const [first, second, third] = nodes as [PoolNode, PoolNode, PoolNode];
    const leaving = third.gossip.leave(5000);
    await pool.clock.run(1000);
    await leaving;
    await pool.kill(third);
    const moved = await pool.start('n3', { addr: '10.0.0.33', bootstrap: addresses(2) });
    await pool.clock.runUntil(allSee([first, second, moved], 3), 1000);
    expect(first.gossip.view().members.get('n3')?.addr).toBe('10.0.0.33');
    expect(first.problems).toEqual([]);
  });
});

describe('one name at two addresses', () => {
  test('is reported with both, and the second is not taken in', async () => {
    const nodes = await pool.form(3);
    const impostor = await pool.start('n3', { addr: '10.0.0.33', bootstrap: addresses(2) });
    await pool.clock.run(60_000);
    const [first] = nodes as [PoolNode];
    expect(first.gossip.view().members.get('n3')?.addr).toBe('10.0.0.3');
    expect(first.problems.map(({ code }) => code)).toEqual(['nameConflict']);
    expect(first.problems[0]?.message).toContain('n3: one at 10.0.0.3:7946');
    expect(first.problems[0]?.message).toContain('another at 10.0.0.33:7946');
    expect(impostor.problems.map(({ code }) => code)).toContain('nameConflict');
    expect(first.events.filter(({ type }) => type === 'failed')).toEqual([]);
  });

  test.each([
    { what: 'once it is forgotten', reclaimMs: 0, atLeastMs: 30_000, withinMs: 60_000 },
    { what: 'as soon as it is dead', reclaimMs: 1, atLeastMs: 4000, withinMs: 25_000 },
  ])('a dead name is free $what, if settings say so', async (row) => {
    const { reclaimMs, atLeastMs, withinMs } = row;
    // No periodic exchange within the test: the newcomer has to ask again by itself.
    const settings = { deadNodeReclaimTimeMs: reclaimMs, pushPullIntervalMs: 3_600_000 };
    const nodes = await pool.form(3, { settings });
    await pool.clock.run(5000);
    await pool.kill(nodes[2] as PoolNode);
    const bootstrap = addresses(2);
    const moved = await pool.start('n3', { addr: '10.0.0.33', bootstrap, settings });
    const isMoved = ({ gossip }: PoolNode) => {
      const member = gossip.view().members.get('n3');
      return member?.addr === '10.0.0.33' && member.state === 'alive';
    };
    const others = nodes.slice(0, 2);
    const tookMs = await pool.clock.runUntil(() => others.every(isMoved), withinMs);
    expect(tookMs).toBeGreaterThan(atLeastMs);
    await pool.clock.run(120_000);
    expect(allSee([...others, moved], 3)()).toBe(true);
    expect(others.every(isMoved)).toBe(true);
  });
});

describe('starting and stopping', () => {
  test('a node that was stopped leaves no timer and tells that it ended', async () => {
    const nodes = await pool.form(3);
    pool.stall(nodes[0] as PoolNode);
    await pool.clock.run(2500);
    let ended = 0;
    for (const { gossip } of nodes) gossip.events$.subscribe({ complete: () => (ended += 1) });
    for (const node of nodes) await pool.kill(node);
    expect(pool.clock.pendingTimers).toBeLessThan(20);
    await pool.clock.run(50);
    expect(pool.clock.pendingTimers).toBe(0);
    expect(ended).toBe(3);
  });

  test.each([
    { what: 'no name', config: { name: '' }, message: /name "" has 0 bytes/ },
    { what: 'a host name', config: { addr: 'localhost' }, message: /localhost is not an IP/ },
    { what: 'nowhere', config: { addr: '0.0.0.0' }, message: /cannot reach .* 0\.0\.0\.0/ },
    { what: 'too much to say', config: { meta: new Uint8Array(513) }, message: /513 bytes/ },
  ])('$what is refused', async ({ config, message }) => {
    const { name = 'n1', ...options } = config;
    await expect(pool.start(name, options)).rejects.toThrow(message);
  });

  test('what needs a running node says so', async () => {
    const node = await pool.start('n1');
    await node.gossip.stop();
    expect(() => node.gossip.sendUserMessage(new Uint8Array(1))).toThrow(/stopped, not running/);
    await expect(node.gossip.start()).rejects.toThrow(/only once/);
    const { failures } = await node.gossip.join(['10.0.0.2:1']);
    expect(failures).toEqual([{ address: '10.0.0.2:1', reason: 'this node is not running' }]);
  });
});
