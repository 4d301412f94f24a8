import { randomBytes } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGossip, type Gossip } from '../../../src/gossip/gossip.ts';
import type { GossipProblem } from '../../../src/gossip/problems.ts';
import type { GossipEventType } from '../../../src/gossip/view.ts';
import { GossipKeys } from '../../../src/node/gossip-keys.ts';
import { LoopbackBlock } from '../../support/loopback.ts';
import { staysTrue, waitUntil } from '../../support/wait-until.ts';

/** Every node probes another one ten times a second. */
const settings = {
  probeIntervalMs: 100,
  pushPullIntervalMs: 500,
  gossipIntervalMs: 20,
  bootstrapMaxDelayMs: 200,
  mergeMaxDelayMs: 500,
};
/** Files are looked at that much more often than in life. */
const hurry = 50;
const clock = {
  setTimeout: (run: () => void, ms: number) => setTimeout(run, ms / hurry),
  clearTimeout: (timer: unknown) => clearTimeout(timer as NodeJS.Timeout),
};
const log = { info: () => {}, warn: () => {} } as never;

interface KeyedNode {
  readonly gossip: Gossip;
  readonly keys: GossipKeys;
  readonly file: string;
  readonly address: string;
  readonly problems: GossipProblem[];
  readonly events: GossipEventType[];
}

const [oldKey, newKey] = [randomBytes(32), randomBytes(32)];
let folder = '';
let nodes: KeyedNode[] = [];
let block: LoopbackBlock;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2d-rotation-'));
  block = new LoopbackBlock();
  nodes = [];
});

afterEach(async () => {
  for (const { gossip, keys } of nodes) {
    keys.stop();
    await gossip.stop();
  }
  await rm(folder, { recursive: true });
});

async function put(file: string, keys: readonly Buffer[]): Promise<void> {
  const text = keys.map((key) => `${key.toString('base64')}\n`).join('');
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

async function start(own: readonly Buffer[]): Promise<KeyedNode> {
  const file = join(folder, `key-${nodes.length}`);
  await put(file, own);
  const config = { gossipKeyFile: file, caKeyFile: null, requiredSize: 3 } as const;
  const keys = await GossipKeys.open(config, { clock, log });
  if (keys === null) throw new Error('there is a file');
  const gossip = createGossip({
    name: `n${nodes.length + 1}`,
    bind: { addr: block.next(), port: 0 },
    bootstrap: nodes.map((node) => node.address),
    keyring: keys.keyring,
    settings,
  });
  const [problems, events]: [GossipProblem[], GossipEventType[]] = [[], []];
  gossip.problems$.subscribe((problem) => problems.push(problem));
  gossip.events$.subscribe(({ type }) => events.push(type));
  const { addr, port } = await gossip.start();
  const node = { gossip, keys, file, address: `${addr}:${port}`, problems, events };
  nodes.push(node);
  return node;
}

async function formed(): Promise<void> {
  for (let index = 0; index < 3; index += 1) await start([oldKey]);
  await waitUntil(() => nodes.every((node) => node.gossip.view().members.size === 3), {
    what: 'all know one another',
    withinMs: 10_000,
    everyMs: 5,
  });
}

async function give(node: KeyedNode, keys: readonly Buffer[]): Promise<void> {
  await put(node.file, keys);
  await waitUntil(
    () => {
      const held = node.keys.keyring.keys.map((key) => key.export().toString('hex'));
      return held.join() === keys.map((key) => key.toString('hex')).join();
    },
    { what: 'the node follows its file', withinMs: 10_000, everyMs: 5 },
  );
}

const allIsWell = () => {
  for (const { problems, events, gossip } of nodes) {
    expect(problems).toEqual([]);
    expect(events.filter((type) => type !== 'joined' && type !== 'updated')).toEqual([]);
    expect(gossip.awarenessScore()).toBe(0);
  }
};

describe('the keys of three nodes that gossip', () => {
  test('are changed without one failed probe: added, put first, the old one removed', async () => {
    await formed();
    for (const keys of [[oldKey, newKey], [newKey, oldKey], [newKey]]) {
      for (const node of nodes) {
        await give(node, keys);
        await staysTrue(allIsWell, { forMs: 700, everyMs: 50 });
      }
    }
    // Whoever has only the new key gets in now.
    const fourth = await start([newKey]);
    await waitUntil(() => fourth.gossip.view().members.size === 4, {
      what: 'a node with the new key is taken in',
      withinMs: 10_000,
      everyMs: 5,
    });
    allIsWell();
  });

  test('are named as wrong on both sides where a step is left out', async () => {
    await formed();
    const [first, second] = nodes as [KeyedNode, KeyedNode, KeyedNode];
    await give(first, [newKey]);
    const wrong = ({ problems }: KeyedNode) => problems.filter(({ code }) => code === 'wrongKey');
    await waitUntil(() => wrong(first).length > 0 && wrong(second).length > 0, {
      what: 'both say it',
      withinMs: 10_000,
      everyMs: 5,
    });
    expect(wrong(second)[0]).toMatchObject({
      subject: first.address.split(':')[0],
      message: expect.stringContaining('is encrypted with another key'),
    });
    expect(second.gossip.standingProblems()).not.toEqual([]);
  });
});
