import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { packSnapshot } from '../../../../src/snapshots/formats/pack-snapshot.ts';
import { keyFromCaKey } from '../../../../src/snapshots/formats/snapshot-key.ts';
import { unpackSnapshot } from '../../../../src/snapshots/formats/unpack-snapshot.ts';
import { emptyEtcdCluster, healthy, startEtcdCluster } from '../../../support/etcd-launcher.ts';

const run = promisify(execFile);
const fixtures = new URL('../../../fixtures/e2d-go-snapshots/', import.meta.url);
const signal = new AbortController().signal;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2d-formats-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function tool(name: 'etcdctl' | 'etcdutl'): string {
  return join(process.env['E2D_ETCD_BIN_DIR'] ?? '', name);
}

async function pairsIn(clientUrl: string): Promise<string[][]> {
  const args = ['--endpoints', clientUrl, 'get', '', '--from-key', '--write-out=json'];
  const { stdout } = await run(tool('etcdctl'), args, { maxBuffer: 2 ** 24 });
  const { kvs } = JSON.parse(stdout) as { kvs: { key: string; value: string }[] };
  return kvs.map(({ key, value }) => [decoded(key), decoded(value)]);
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

/** The pairs that a new etcd serves when it starts from an unpacked snapshot. */
async function restoredPairs(database: string, hasTrailer: boolean): Promise<string[][]> {
  const cluster = await emptyEtcdCluster();
  onTestFinished(() => cluster.stop());
  const member = await cluster.addBlank();
  const { name, peerUrl, dataDir } = member;
  const offline = existsSync(tool('etcdutl')) ? 'etcdutl' : 'etcdctl';
  const restore = ['snapshot', 'restore', database, '--data-dir', dataDir, '--name', name];
  restore.push('--initial-cluster', `${name}=${peerUrl}`);
  restore.push('--initial-advertise-peer-urls', peerUrl);
  if (!hasTrailer) restore.push('--skip-hash-check');
  await run(tool(offline), restore, { env: { ETCDCTL_API: '3' } });
  member.start('new', `${name}=${peerUrl}`);
  await healthy(member);
  return pairsIn(member.clientUrl);
}

describe('a snapshot of the first e2d', () => {
  test.each(['plain', 'gzip', 'encrypted'])('that is %s restores to its keys', async (name) => {
    const to = join(folder, `${name}.db`);
    const keys = [keyFromCaKey(await readFile(new URL('ca-key.der', fixtures)))];
    const source = createReadStream(new URL(name, fixtures));
    const { hasTrailer } = await unpackSnapshot(source, { to, keys, signal });
    const listed = (await readFile(new URL(`${name}.keys`, fixtures), 'utf8')).trim().split('\n');
    const expected = listed
      .map((line) => line.split(' '))
      .map(([key, value]) => [`/app/${key}`, value]);
    expect(expected).toHaveLength(60);
    const pairs = await restoredPairs(to, hasTrailer);
    const isOwn = ([key = '']: string[]) => key.startsWith('/_e2d/');
    expect(pairs.filter((pair) => !isOwn(pair))).toEqual(expected);
    const own = pairs.filter(isOwn).map(([key]) => key);
    expect(own).toEqual(['/_e2d/Cluster/1', '/_e2d/Cluster/_table']);
  });
});

describe('a snapshot of a real etcd', () => {
  test('restores from every form it is packed in', async () => {
    const cluster = await startEtcdCluster(1);
    onTestFinished(() => cluster.stop());
    const { clientUrl } = cluster.member(0);
    const pairs = Array.from({ length: 40 }, (_, at) => [`key-${100 + at}`, `value ${at}`]);
    const etcdctl = (...args: string[]) =>
      run(tool('etcdctl'), ['--endpoints', clientUrl, ...args]);
    for (const [key = '', value = ''] of pairs) await etcdctl('put', key, value);
    const saved = join(folder, 'saved');
    await etcdctl('snapshot', 'save', saved);

    const key = keyFromCaKey(await readFile(new URL('ca-key.der', fixtures)));
    const contentBytes = (await stat(saved)).size;
    for (const [form, compression, keyOrNull] of [
      ['gzip', 'gzip', null],
      ['stored', 'none', null],
      ['encrypted', 'none', key],
    ] as const) {
      const options = { compression, key: keyOrNull, contentBytes };
      const pack = packSnapshot(createReadStream(saved), options);
      const stored = join(folder, form);
      await pipeline(pack.stored, createWriteStream(stored));
      const to = join(folder, `${form}.db`);
      const expected = pack.summary();
      const unpacking = { to, keys: [key], expected, signal };
      expect(await unpackSnapshot(createReadStream(stored), unpacking)).toEqual(expected);
      expect(expected.hasTrailer).toBe(true);
      expect((await readFile(to)).equals(await readFile(saved))).toBe(true);
    }
    expect(await restoredPairs(join(folder, 'encrypted.db'), true)).toEqual(pairs);
  });
});
