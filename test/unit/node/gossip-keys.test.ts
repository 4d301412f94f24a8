import { chmod, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GossipKey } from '../../../src/node/gossip-key.ts';
import { GossipKeys } from '../../../src/node/gossip-keys.ts';
import { VirtualClock } from '../../support/gossip-network.ts';
import { waitUntil } from '../../support/wait-until.ts';

const [oldKey, newKey] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
const [oldId, newId] = [new GossipKey(oldKey).id, new GossipKey(newKey).id];

let folder = '';
let path = '';
let clock: VirtualClock;
let said: { level: string; text: string }[];
let keys: GossipKeys | null = null;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2d-gossip-keys-'));
  path = join(folder, 'gossip.key');
  clock = new VirtualClock();
  said = [];
});

afterEach(async () => {
  keys?.stop();
  await rm(folder, { recursive: true });
});

/** As a careful operator does it: never half a file. */
async function put(text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

const lines = (...all: readonly Buffer[]) =>
  all.map((key) => `${key.toString('base64')}\n`).join('');

async function opened(): Promise<GossipKeys> {
  const say = (level: string) => (_: object, text: string) => said.push({ level, text });
  const log = { info: say('info'), warn: say('warn') } as never;
  const config = { gossipKeyFile: path, caKeyFile: '/no/such/ca.key', requiredSize: 3 } as const;
  keys = await GossipKeys.open(config, {
    log,
    clock: {
      setTimeout: (run, ms) => clock.setTimeout(run, ms),
      clearTimeout: (timer) => clock.clearTimeout(Number(timer ?? 0)),
    },
  });
  if (keys === null) throw new Error('there is a file');
  return keys;
}

/** Five seconds later, and until the file was read. */
async function look(): Promise<void> {
  await clock.run(5_000);
  await waitUntil(() => clock.pendingTimers > 0, {
    what: 'it was read',
    withinMs: 5_000,
    everyMs: 1,
  });
}

const told = (level: string) => said.filter((one) => one.level === level).map(({ text }) => text);

describe('gossip keys of a file', () => {
  test('follow it through a change: added, put first, removed', async () => {
    await put(lines(oldKey));
    const followed = await opened();
    const { keyring } = followed;
    expect(followed.report()).toEqual({ source: path, ids: [oldId], problem: null });
    await put(lines(oldKey, newKey));
    expect(keyring.keys).toHaveLength(1);
    await look();
    expect(keyring.keys.map((key) => key.export())).toEqual([oldKey, newKey]);
    await put(lines(newKey, oldKey));
    await look();
    expect(keyring.primary.export()).toEqual(newKey);
    expect(followed.report().ids).toEqual([newId, oldId]);
    await put(lines(newKey));
    await look();
    expect(keyring.keys.map((key) => key.export())).toEqual([newKey]);
    expect(told('warn')).toEqual([]);
    expect(told('info').filter((text) => text.includes('changed'))).toHaveLength(3);
  });

  test('stay as they were while the file is bad, and say so once', async () => {
    await put(lines(oldKey));
    const followed = await opened();
    await put('rubbish\n');
    for (let times = 0; times < 3; times += 1) await look();
    expect(followed.keyring.primary.export()).toEqual(oldKey);
    expect(told('warn')).toEqual(['the gossip keys stay as they were']);
    expect(followed.warnings()).toEqual([expect.stringContaining('Line 1')]);
    await rm(path);
    await look();
    expect(told('warn')).toHaveLength(2);
    await put(lines(oldKey, newKey));
    await chmod(path, 0o644);
    await look();
    expect(followed.report()).toMatchObject({
      ids: [oldId],
      problem: expect.stringMatching('0644'),
    });
    await chmod(path, 0o600);
    await look();
    expect(followed.report()).toMatchObject({ ids: [oldId, newId], problem: null });
    expect(followed.warnings()).toEqual([]);
  });

  test('warn where a step was left out', async () => {
    await put(lines(oldKey));
    const followed = await opened();
    await put(lines(newKey));
    await look();
    expect(followed.report().ids).toEqual([newId]);
    expect(told('warn')).toEqual([expect.stringContaining('not accepted before')]);
  });

  test('are looked at no more once they are stopped', async () => {
    await put(lines(oldKey));
    const followed = await opened();
    followed.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  test('must be good at the start', async () => {
    await put('rubbish\n');
    await expect(opened()).rejects.toMatchObject({ code: 'E2D_GOSSIP_KEY', exit: 2 });
  });
});
