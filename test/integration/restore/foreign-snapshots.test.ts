import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { TestCluster } from '../../support/cluster.ts';
import { allPairs, clientPairs, type Pair } from '../../support/keyspace.ts';
import { fileShelf, type Shelf, s3Shelf, shelfAt, writeSingle } from '../../support/shelf.ts';
import { expectOwnSnapshot, expectSameKeys, newLineage } from '../../support/total-loss.ts';

const run = promisify(execFile);
const fixtures = new URL('../../fixtures/e2d-go-snapshots/', import.meta.url);

function pairsOf(name: string): Pair[] {
  const lines = readFileSync(new URL(`${name}.keys`, fixtures), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => {
    const [key = '', value = ''] = line.split(' ');
    return [`/app/${key}`, value];
  });
}

/** The key as operators have it: the fixture is the same in binary. */
function caKeyIn(folder: string): string {
  const base64 = readFileSync(new URL('ca-key.der', fixtures)).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  const path = join(folder, 'ca.key');
  const pem = ['-----BEGIN RSA PRIVATE KEY-----', ...lines, '-----END RSA PRIVATE KEY-----', ''];
  writeFileSync(path, pem.join('\n'), { mode: 0o600 });
  return path;
}

async function expectRestoredFrom(shelf: Shelf, size: number, pairs: readonly Pair[]) {
  const fingerprints = await shelf.fingerprints();
  const cluster = new TestCluster({ size, flags: shelf.flags });
  onTestFinished(() => cluster.destroy());
  await cluster.startHealthy();
  const lineage = await newLineage(cluster, null);
  await expectSameKeys(cluster, { pairs });
  const own = (await allPairs(cluster.node(0).endpoint)).map(([key]) => key);
  expect(own.filter((key) => key.startsWith('/_e2d'))).toEqual(['/_e2d/cluster', '/_e2d/snapshot']);
  await expectOwnSnapshot(shelf, lineage, { fingerprints });
}

describe('a snapshot of the first e2d comes back on empty disks, and its file stays', () => {
  test.each([
    { name: 'plain', size: 1, flags: [] },
    { name: 'gzip', size: 3, flags: ['--snapshot-compression'] },
    { name: 'encrypted', size: 1, flags: ['--snapshot-encryption'] },
  ])('$name, from a file, into $size', async ({ name, size, flags }) => {
    const { folder, remove } = fileShelf();
    onTestFinished(remove);
    const file = join(folder, 'etcd.snapshot');
    copyFileSync(new URL(name, fixtures), file);
    const keys = name === 'encrypted' ? ['--ca-key', caKeyIn(folder)] : [];
    await expectRestoredFrom(shelfAt(folder, file, [...flags, ...keys]), size, pairsOf(name));
  });

  test('the one object of a bucket', async () => {
    const { server, shelf } = await s3Shelf();
    onTestFinished(() => server.close());
    await writeSingle(server, readFileSync(new URL('gzip', fixtures)));
    await expectRestoredFrom(shelf, 1, pairsOf('gzip'));
  });
});

describe('a store that an etcd-manager filled', () => {
  let pairs: Pair[];
  const { folder, shelf, remove } = fileShelf();

  beforeAll(async () => {
    const cluster = new TestCluster({ size: 1 });
    try {
      await cluster.startHealthy();
      const { endpoint, gateway } = cluster.node(0);
      await gateway.put('/app/first', 'of both');
      await backUp(endpoint, '2019-05-07T18:28:01Z-000977');
      await gateway.put('/app/second', 'of the later one');
      await backUp(endpoint, '2019-05-07T18:43:01Z-000978');
      pairs = await clientPairs(endpoint);
    } finally {
      await cluster.destroy();
    }
    mkdirSync(join(folder, 'control'));
    writeFileSync(join(folder, 'control', 'etcd-cluster-created'), '{"timestamp":1547480961703}');
    mkdirSync(join(folder, '2019-05-07T18:58:01Z-000979'));
    writeFileSync(join(folder, '2019-05-07T18:58:01Z-000979', 'etcd.backup.gz'), 'half of it');
    return remove;
  });

  /** As etcd-manager does it: the data, then what makes it a backup. */
  async function backUp(endpoint: string, name: string): Promise<void> {
    const raw = join(folder, 'raw');
    const etcdctl = join(process.env['E2D_ETCD_BIN_DIR'] ?? '', 'etcdctl');
    await run(etcdctl, ['--endpoints', endpoint, 'snapshot', 'save', raw]);
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'etcd.backup.gz'), gzipSync(readFileSync(raw)));
    const clusterSpec = { memberCount: 1, etcdVersion: '3.5.7' };
    const meta = { etcdVersion: '3.5.7', timestamp: '1557254581', clusterSpec };
    writeFileSync(join(folder, name, '_etcd_backup.meta'), JSON.stringify(meta, null, 2));
  }

  test('the last complete one comes back, into 3', async () => {
    expect(pairs).toHaveLength(2);
    await expectRestoredFrom(shelf, 3, pairs);
  });
});
