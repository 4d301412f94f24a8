import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { ipToBytes } from '../../../src/gossip/address.ts';
import { createGossip, type Gossip } from '../../../src/gossip/gossip.ts';
import { SERF_DELEGATE } from '../../../src/gossip/settings.ts';
import type { GossipEvent } from '../../../src/gossip/view.ts';
import { Keyring } from '../../../src/gossip/wire/keyring.ts';
import { encodePacket } from '../../../src/gossip/wire/packet-encode.ts';
import { LoopbackBlock } from '../../support/loopback.ts';
import { sendDatagram } from '../../support/send-datagram.ts';
import { SERF_PORT, SerfAgent, type SerfAgentOptions } from '../../support/serf-agent.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** Everything a test started, ended after it whatever happened. */
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((end) => end()));
});

async function agent(options: SerfAgentOptions): Promise<SerfAgent> {
  const started = await SerfAgent.start(options);
  cleanups.push(() => started.kill());
  return started;
}

interface Ours {
  readonly gossip: Gossip;
  readonly events: GossipEvent[];
  readonly addr: string;
}

async function ours(addr: string, bootstrap: string, keyring?: Keyring): Promise<Ours> {
  const gossip = createGossip({
    name: 'ours',
    bind: { addr, port: SERF_PORT },
    bootstrap: [`${bootstrap}:${SERF_PORT}`],
    meta: new TextEncoder().encode('first'),
    keyring,
    settings: { delegate: SERF_DELEGATE },
  });
  const events: GossipEvent[] = [];
  gossip.events$.subscribe((event) => events.push(event));
  cleanups.push(() => gossip.stop());
  await gossip.start();
  return { gossip, events, addr };
}

async function waitForState({ gossip }: Ours, name: string, state: string, withinMs = 20_000) {
  await waitUntil(() => gossip.view().members.get(name)?.state === state, {
    what: `our node sees ${name} ${state}`,
    withinMs,
    everyMs: 5,
    explain: () => JSON.stringify([...gossip.view().members.values()]),
  });
}

describe.each([
  { kind: 'in the clear', keyBytes: 0 },
  { kind: 'with AES-128', keyBytes: 16 },
  { kind: 'with AES-256', keyBytes: 32 },
])('with serf agents $kind', ({ keyBytes }) => {
  const key = randomBytes(keyBytes);
  const keyring = () => (keyBytes === 0 ? undefined : new Keyring([key]));
  const serfKey = keyBytes === 0 ? {} : { key: key.toString('base64') };

  test('each sees the other alive with its metadata, and its leave', async () => {
    const block = new LoopbackBlock();
    const [firstAddr, secondAddr] = [block.next(), block.next()];
    const first = await agent({ name: 'serf1', addr: firstAddr, tags: { dc: 'x' }, ...serfKey });
    const node = await ours(block.next(), firstAddr, keyring());
    const second = await agent({
      name: 'serf2',
      addr: secondAddr,
      join: `${firstAddr}:${SERF_PORT}`,
      ...serfKey,
    });
    await first.waitForStatus('ours', 'alive');
    await second.waitForStatus('ours', 'alive');
    await waitForState(node, 'serf1', 'alive');
    await waitForState(node, 'serf2', 'alive');
    // A serf agent's metadata is its tags: ff, then a msgpack map.
    const tags = node.gossip.view().members.get('serf1')?.meta;
    expect(tags?.[0]).toBe(0xff);
    expect(Buffer.from(tags ?? []).toString('latin1')).toContain('dc');
    const sees = (role: string) => (members: readonly { name: string; tags: object }[]) =>
      members.some(
        ({ name, tags: seen }) => name === 'ours' && 'role' in seen && seen.role === role,
      );
    await second.waitFor(sees('first'), 'our metadata is there');

    node.gossip.setMetadata(new TextEncoder().encode('second'));
    await first.waitFor(sees('second'), 'our new metadata is there', 2000);
    await second.waitFor(sees('second'), 'our new metadata is there', 2000);

    await second.leave();
    await waitForState(node, 'serf2', 'left');
    expect(await node.gossip.leave(5000)).toBe(true);
    await node.gossip.stop();
    // Without serf's own message of intent, serf shows a leave as a failure: at once, not in
    // seconds.
    await first.waitForStatus('ours', 'failed', 2000);
  });

  test('each finds out that the other was killed, and sees it come back', async () => {
    const block = new LoopbackBlock();
    const [firstAddr, secondAddr, ourAddr] = [block.next(), block.next(), block.next()];
    const first = await agent({ name: 'serf1', addr: firstAddr, ...serfKey });
    const join = `${firstAddr}:${SERF_PORT}`;
    const second = await agent({ name: 'serf2', addr: secondAddr, join, ...serfKey });
    const node = await ours(ourAddr, firstAddr, keyring());
    await second.waitForStatus('ours', 'alive');
    await waitForState(node, 'serf2', 'alive');

    await second.kill();
    const killedAt = performance.now();
    await waitForState(node, 'serf2', 'failed');
    expect(performance.now() - killedAt).toBeGreaterThan(4000);
    expect(performance.now() - killedAt).toBeLessThan(10_000);
    expect(node.events.map(({ type }) => type)).toContain('suspected');

    await agent({ name: 'serf2', addr: secondAddr, join, ...serfKey });
    await waitForState(node, 'serf2', 'alive');

    await node.gossip.stop();
    await first.waitForStatus('ours', 'failed');
    await ours(ourAddr, firstAddr, keyring());
    await first.waitForStatus('ours', 'alive', 5000);
  });

  test('an agent that was stopped for a while refutes, and so do we', async () => {
    const block = new LoopbackBlock();
    const [firstAddr, ourAddr] = [block.next(), block.next()];
    const first = await agent({ name: 'serf1', addr: firstAddr, ...serfKey });
    const node = await ours(ourAddr, firstAddr, keyring());
    await first.waitForStatus('ours', 'alive');
    await waitForState(node, 'serf1', 'alive');
    const before = node.gossip.view().members.get('serf1')?.incarnation ?? 0;

    first.signal('SIGSTOP');
    await waitForState(node, 'serf1', 'suspect');
    first.signal('SIGCONT');
    await waitForState(node, 'serf1', 'alive');
    expect(node.gossip.view().members.get('serf1')?.incarnation).toBeGreaterThan(before);
    expect(node.events.map(({ type }) => type)).not.toContain('failed');

    // Somebody accuses us wrongly, at serf: we must hear of it and contradict.
    const { incarnation } = node.gossip.view().self;
    const accusation = { type: 'suspect', node: 'ours', from: 'nobody', incarnation } as const;
    await sendDatagram(
      encodePacket([accusation], { keyring: keyring() }),
      { addr: firstAddr, port: SERF_PORT },
      block.next(),
    );
    await waitUntil(() => node.gossip.view().self.incarnation > incarnation, {
      what: 'our node refutes',
      withinMs: 5000,
      everyMs: 5,
    });
    await first.waitForStatus('ours', 'alive', 2000);
    expect(first.log).not.toContain('EventMemberFailed');
  });
});

describe('a pool that we do not fit into', () => {
  test('a wrong key is named once, and nobody is taken in', async () => {
    const block = new LoopbackBlock();
    const firstAddr = block.next();
    const first = await agent({
      name: 'serf1',
      addr: firstAddr,
      key: randomBytes(32).toString('base64'),
    });
    const gossip = createGossip({
      name: 'ours',
      bind: { addr: block.next(), port: SERF_PORT },
      bootstrap: [`${firstAddr}:${SERF_PORT}`],
      keyring: new Keyring([randomBytes(32)]),
      settings: { delegate: SERF_DELEGATE },
    });
    cleanups.push(() => gossip.stop());
    const problems: string[] = [];
    gossip.problems$.subscribe(({ code, message }) => problems.push(`${code}: ${message}`));
    await gossip.start();
    await waitUntil(() => first.log.split('No installed keys').length > 4, {
      what: 'serf turned us away several times',
      withinMs: 10_000,
      explain: () => first.log,
    });
    expect(problems.filter((problem) => problem.startsWith('wrongKey'))).toHaveLength(1);
    expect([...gossip.view().members.keys()]).toEqual(['ours']);
    expect((await first.members()).map(({ name }) => name)).toEqual(['serf1']);
  });

  test('without the versions of serf we are refused, with the reason', async () => {
    const block = new LoopbackBlock();
    const firstAddr = block.next();
    const first = await agent({ name: 'serf1', addr: firstAddr });
    const gossip = createGossip({
      name: 'ours',
      bind: { addr: block.next(), port: SERF_PORT },
      settings: { delegate: { min: 0, max: 0, current: 0 } },
    });
    cleanups.push(() => gossip.stop());
    await gossip.start();
    const { reached, failures } = await gossip.join([`${firstAddr}:${SERF_PORT}`]);
    expect(reached).toEqual([]);
    expect(failures[0]?.reason).toMatch(/application protocol version/);
    expect((await first.members()).map(({ name }) => name)).toEqual(['serf1']);
    expect(ipToBytes(firstAddr)).toHaveLength(4);
  });
});
