import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createGossip, type Gossip } from '../../../src/gossip/gossip.ts';
import type { GossipConfig } from '../../../src/gossip/gossip-config.ts';
import type { GossipSettings } from '../../../src/gossip/settings.ts';
import type { GossipEvent } from '../../../src/gossip/view.ts';
import { Keyring } from '../../../src/gossip/wire/keyring.ts';
import { LoopbackBlock } from '../../support/loopback.ts';
import { sendDatagram } from '../../support/send-datagram.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** Everything ten times as fast as in a real network. */
const FAST: Partial<GossipSettings> = {
  probeIntervalMs: 100,
  probeTimeoutMs: 50,
  pushPullIntervalMs: 3000,
  gossipIntervalMs: 20,
  gossipToTheDeadTimeMs: 3000,
  tcpTimeoutMs: 1000,
  bootstrapMaxDelayMs: 500,
};

const started: Gossip[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((gossip) => gossip.stop()));
});

interface Running {
  readonly gossip: Gossip;
  readonly events: GossipEvent[];
  readonly address: string;
  readonly port: number;
}

async function start(config: Partial<GossipConfig> & Pick<GossipConfig, 'name' | 'bind'>) {
  const gossip = createGossip({ settings: FAST, ...config });
  started.push(gossip);
  const events: GossipEvent[] = [];
  gossip.events$.subscribe((event) => events.push(event));
  const { addr, port } = await gossip.start();
  const address = addr.includes(':') ? `[${addr}]:${port}` : `${addr}:${port}`;
  return { gossip, events, address, port } satisfies Running;
}

async function waitForAlive(nodes: readonly Running[], count: number, withinMs = 5000) {
  const aliveCount = ({ gossip }: Running) =>
    [...gossip.view().members.values()].filter(({ state }) => state === 'alive').length;
  await waitUntil(() => nodes.every((node) => aliveCount(node) === count), {
    what: `all of ${nodes.length} nodes see ${count} alive`,
    withinMs,
    everyMs: 2,
    explain: () => JSON.stringify(nodes.map((node) => [...node.gossip.view().members.values()])),
  });
}

describe.each([
  { kind: 'in the clear', key: undefined },
  { kind: 'encrypted', key: new Uint8Array(32).fill(7) },
])('nodes on real sockets, $kind', ({ key }) => {
  const keyring = () => (key === undefined ? undefined : new Keyring([key]));

  test('meet, tell each other, miss the one that dies, and take it back', async () => {
    const block = new LoopbackBlock();
    const first = await start({
      name: 'n1',
      bind: { addr: block.next(), port: 0 },
      keyring: keyring(),
    });
    const bootstrap = [first.address];
    const addr = block.next();
    const second = await start({
      name: 'n2',
      bind: { addr, port: 0 },
      bootstrap,
      keyring: keyring(),
    });
    const third = await start({
      name: 'n3',
      bind: { addr: block.next(), port: 0 },
      bootstrap,
      keyring: keyring(),
    });
    await waitForAlive([first, second, third], 3);

    second.gossip.setMetadata(new TextEncoder().encode('news'));
    await waitUntil(
      () =>
        [first, third].every(({ gossip }) => gossip.view().members.get('n2')?.meta.length === 4),
      { what: 'both others have the news', withinMs: 1000, everyMs: 1 },
    );

    await second.gossip.stop();
    await waitUntil(
      () =>
        [first, third].every(({ gossip }) => gossip.view().members.get('n2')?.state === 'failed'),
      { what: 'both others see it failed', withinMs: 5000, everyMs: 5 },
    );
    const again = await start({
      name: 'n2',
      bind: { addr, port: second.port },
      bootstrap,
      keyring: keyring(),
    });
    await waitForAlive([first, again, third], 3);

    expect(await again.gossip.leave(2000)).toBe(true);
    await waitUntil(
      () => [first, third].every(({ gossip }) => gossip.view().members.get('n2')?.state === 'left'),
      { what: 'both others see it left', withinMs: 1000, everyMs: 1 },
    );
  });

  test('exchange states of many kilobytes', async () => {
    const block = new LoopbackBlock();
    const state = new Uint8Array(500_000).map((_, index) => (index * 31) % 253);
    const config = { settings: FAST, keyring: keyring() };
    const heard: Uint8Array[] = [];
    const nodes = ['n1', 'n2'].map((name) =>
      createGossip(
        { ...config, name, bind: { addr: block.next(), port: 0 } },
        { userState: { local: () => state, merge: (merged) => heard.push(merged) } },
      ),
    );
    started.push(...nodes);
    const [first, second] = nodes as [Gossip, Gossip];
    const { addr, port } = await first.start();
    await second.start();
    const { reached, failures } = await second.join([`${addr}:${port}`]);
    expect([reached.length, failures]).toEqual([1, []]);
    expect(heard.length).toBeGreaterThanOrEqual(2);
    expect(heard.every((merged) => Buffer.compare(merged, state) === 0)).toBe(true);
  });
});

describe('addresses', () => {
  test('of IPv6 work', async () => {
    const first = await start({ name: 'n1', bind: { addr: '::1', port: 0 } });
    const bind = { addr: '::1', port: 0 };
    const second = await start({ name: 'n2', bind, bootstrap: [first.address] });
    await waitForAlive([first, second], 2);
    expect(second.gossip.view().members.get('n1')?.addr).toBe('::1');
    await second.gossip.stop();
    await waitForAlive([first], 1);
  });

  test('of both kinds are served by ::, with an address to advertise', async () => {
    const first = await start({
      name: 'n1',
      bind: { addr: '::', port: 0 },
      advertise: { addr: '127.0.0.1', port: 0 },
    });
    const addr = new LoopbackBlock().next();
    const second = await start({
      name: 'n2',
      bind: { addr, port: 0 },
      bootstrap: [first.address],
    });
    await waitForAlive([first, second], 2);
    expect(first.gossip.view().members.get('n2')?.addr).toBe(addr);
    await waitForAlive([first, second], 2);
  });

  test('that are taken are refused with a sentence', async () => {
    const addr = new LoopbackBlock().next();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, addr, resolve));
    const { port } = server.address() as { port: number };
    try {
      await expect(start({ name: 'n1', bind: { addr, port } })).rejects.toMatchObject({
        code: 'GOSSIP_ADDRESS_IN_USE',
        message: `the gossip address ${addr}:${port} is already in use`,
      });
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('of other machines are refused with a sentence', async () => {
    await expect(start({ name: 'n1', bind: { addr: '192.0.2.1', port: 0 } })).rejects.toMatchObject(
      {
        code: 'GOSSIP_CANNOT_LISTEN',
      },
    );
  });
});

test('garbage on the socket harms nobody', async () => {
  const block = new LoopbackBlock();
  const first = await start({ name: 'n1', bind: { addr: block.next(), port: 0 } });
  const bind = { addr: block.next(), port: 0 };
  const second = await start({ name: 'n2', bind, bootstrap: [first.address] });
  await waitForAlive([first, second], 2);
  const problems: string[] = [];
  first.gossip.problems$.subscribe(({ code }) => problems.push(code));
  const to = { addr: first.address.split(':')[0] ?? '', port: first.port };
  await sendDatagram(Uint8Array.of(99, 1, 2, 3), to, block.next());
  await waitUntil(() => problems.length > 0, {
    what: 'it was noticed',
    withinMs: 2000,
    everyMs: 2,
  });
  expect(problems).toEqual(['malformedPacket']);
  await waitForAlive([first, second], 2);
});
