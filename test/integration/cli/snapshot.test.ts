import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { appendFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { askE2d, callE2d } from '../../support/call-e2d.ts';
import { type EtcdCluster, startEtcdCluster } from '../../support/etcd-launcher.ts';
import { type S3Server, startS3Server } from '../../support/s3-server/s3-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'e2d-snapshot-cli-'));
let cluster: EtcdCluster;
/** The flags that lead to the running etcd. */
let own: readonly string[];
let stores = 0;
/** The flags that lead to the store of a test, which is new and empty. */
let store: readonly string[];
let storeDir: string;

function etcdctl(...args: readonly string[]): string {
  const tool = join(process.env['E2D_ETCD_BIN_DIR'] ?? '', 'etcdctl');
  const endpoints = cluster.clientUrls.join(',');
  return spawnSync(tool, ['--endpoints', endpoints, ...args], { encoding: 'utf8' }).stdout;
}

const put = (key: string, value: string) => etcdctl('put', key, value);
const lineage = 'oak';

beforeAll(async () => {
  cluster = await startEtcdCluster(1);
  const { host, hostname } = new URL(cluster.member(0).clientUrl);
  own = ['--host', hostname, '--client-addr', host];
  put('/_e2d/cluster', JSON.stringify({ lineage, requiredSize: 1 }));
  for (let key = 0; key < 20; key += 1) put(`key-${key}`, 'v'.repeat(100));
});
afterAll(async () => {
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  stores += 1;
  storeDir = join(folder, `store-${stores}`);
  await mkdir(storeDir);
  store = ['--snapshot-backup-url', `file://${storeDir}`];
});

interface Saved {
  readonly id: string;
  readonly revision: number;
  readonly content: { readonly sizeBytes: number; readonly sha256: string };
}

async function save(...flags: readonly string[]): Promise<Saved> {
  const { record } = await askE2d('snapshot', 'save', ...own, ...store, ...flags);
  return record as Saved;
}

describe('e2d snapshot save', () => {
  test('takes one into the store, and says which', async () => {
    const { exit, out, err } = await callE2d('snapshot', 'save', ...own, ...store);
    expect({ exit, err }).toEqual({ exit: 0, err: '' });
    const [id = ''] = await readdir(storeDir);
    expect(out).toMatch(`Snapshot ${id} is in file://${storeDir}\n  revision `);
    expect(out).toMatch(/ of lineage oak, .* as stored, in \d+\.\d s\n$/);
  });

  test('makes a folder that is named with --to, and no other', async () => {
    const to = join(folder, 'named');
    const missing = ['--snapshot-backup-url', `file://${join(folder, 'missing')}`];
    expect(await callE2d('snapshot', 'save', ...own, '--to', `file://${to}`)).toMatchObject({
      exit: 0,
    });
    expect(await readdir(to)).toHaveLength(1);
    expect(await callE2d('snapshot', 'save', ...own, ...missing)).toMatchObject({
      exit: 1,
      err: expect.stringContaining('e2d does not make this folder'),
    });
  });

  test('refuses the store to a cluster without a lineage, but not a file', async () => {
    const other = await startEtcdCluster(1);
    try {
      const { host, hostname } = new URL(other.member(0).clientUrl);
      const flags = ['--host', hostname, '--client-addr', host];
      const refused = await callE2d('snapshot', 'save', ...flags, ...store);
      expect(refused).toMatchObject({ exit: 1, out: '' });
      expect(refused.err).toMatch(
        /has no record of e2d.*\(S6\)\.\nSave it as a file with --output/,
      );
      expect(await readdir(storeDir)).toEqual([]);
      const output = join(folder, 'unknown.db');
      expect(await callE2d('snapshot', 'save', ...flags, '--output', output)).toMatchObject({
        exit: 0,
      });
    } finally {
      await other.stop();
    }
  });

  test('says that nothing answers', async () => {
    const flags = ['--host', '127.0.0.1', '--client-addr', '127.0.0.1:1'];
    const { exit, err } = await callE2d('snapshot', 'save', ...flags, ...store);
    expect(exit).toBe(1);
    expect(err).toMatch(/^e2d: etcd did not do what it was asked \(unavailable\)/);
  });

  test('writes plain and packed files that stock tools read', async () => {
    const plain = join(folder, 'plain.db');
    const packed = join(folder, 'packed.db.gz');
    for (const file of [plain, packed]) await callE2d('snapshot', 'save', ...own, '--output', file);
    const unpacked = join(folder, 'unpacked.db');
    await writeFile(unpacked, spawnSync('gunzip', ['-c', packed], { maxBuffer: 2 ** 26 }).stdout);
    const tool = join(process.env['E2D_ETCD_BIN_DIR'] ?? '', 'etcdutl');
    for (const file of [plain, unpacked]) {
      const { stdout } = spawnSync(tool, ['snapshot', 'status', file, '-w', 'json']);
      expect(JSON.parse(String(stdout))).toMatchObject({ revision: currentRevision() });
      const into = ['--data-dir', `${file}.restored`];
      expect(spawnSync(tool, ['snapshot', 'restore', file, ...into]).status).toBe(0);
    }
  });

  test('rotates the files of its own pattern in a folder, and no others', async () => {
    const backups = join(folder, 'backups');
    await mkdir(backups);
    const strangers = ['etcd-20200101-000000.backup.old', 'etcd-mine.backup', 'notes'];
    for (const name of strangers) await writeFile(join(backups, name), '');
    for (const name of ['etcd-20200101-000000.backup', 'etcd-20200102-000000.backup']) {
      await writeFile(join(backups, name), '');
    }
    const flags = ['--output', backups, '--max-backups', '2'];
    const { out, exit } = await callE2d('snapshot', 'save', ...own, ...flags);
    expect(exit).toBe(0);
    expect(out).toMatch(
      /^created backup (etcd-\d{8}-\d{6}\.backup)\nremoved etcd-20200101-000000\.backup\n$/,
    );
    const left = (await readdir(backups)).filter((name) => !strangers.includes(name)).sort();
    expect(left).toEqual(['etcd-20200102-000000.backup', out.split(/\s/)[2]]);
    expect(await readdir(backups)).toEqual(expect.arrayContaining(strangers));
  });
});

describe('what is in the store', () => {
  test('is listed, and shown in full', async () => {
    const { id, revision } = await save('--snapshot-compression');
    await mkdir(join(storeDir, '2020-01-01T00:00:00Z-000001'));
    await writeFile(join(storeDir, '2020-01-01T00:00:00Z-000001', '_etcd_backup.meta'), '{}');
    const listed = await callE2d('snapshot', 'list', ...store);
    expect(listed.exit).toBe(0);
    expect(listed.out).toMatch(/^ID +TAKEN +AGE +REVISION +SIZE +LINEAGE +ETCD +PROVEN +ENC/);
    expect(listed.out).toMatch(new RegExp(`^${id} .* ${revision} .* oak .* - +no +request$`, 'm'));
    expect(listed.err).toMatch(/^Warning: Snapshot 2020-01-01T00:00:00Z-000001 is left out/);
    const data = ['--data-dir', join(folder, 'no-node')];
    const shown = await callE2d('snapshot', 'show', 'latest', ...store, ...data);
    expect(shown).toMatchObject({ exit: 0, err: listed.err });
    expect(shown.out).toMatch(new RegExp(`^id +${id}$`, 'm'));
    expect(shown.out).toMatch(/^hash of keys +\d+ at revision/m);
    expect(shown.out).toMatch(/^restored\? +Yes, before all others\. It is of lineage oak/m);
  });

  test('is fetched as a file for etcdutl, or as it is stored', async () => {
    const { id, content } = await save('--snapshot-compression');
    const [file, raw] = [join(folder, 'got.db'), join(folder, 'got.gz')];
    const got = await callE2d('snapshot', 'get', id.slice(0, -2), '--output', file, ...store);
    expect(got).toMatchObject({ exit: 0, err: '' });
    expect(got.out).toContain(`SHA-256 ${content.sha256}\n  to restore it: etcdutl snapshot`);
    expect((await stat(file)).size).toBe(content.sizeBytes);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await callE2d('snapshot', 'get', id, '--as-stored', '--output', raw, ...store);
    expect(await readFile(raw)).toEqual(await readFile(join(storeDir, id, 'etcd.backup.gz')));
  });

  test('leaves no file behind that is not whole', async () => {
    const { id } = await save();
    await appendFile(join(storeDir, id, 'etcd.backup.gz'), 'x');
    const file = join(folder, 'damaged.db');
    for (const flags of [[], ['--as-stored']]) {
      const got = await callE2d('snapshot', 'get', id, '--output', file, ...flags, ...store);
      expect(got).toMatchObject({ exit: 1, out: '' });
    }
    expect((await readdir(folder)).filter((name) => name.includes('damaged'))).toEqual([]);
  });

  test('is read back and compared', async () => {
    const [first, second] = [await save(), await save()];
    const { exit, out } = await callE2d('snapshot', 'verify', '--all', ...store);
    expect({ exit, lines: out.match(/^ok /gm)?.length }).toEqual({ exit: 0, lines: 2 });
    const path = join(storeDir, first.id, 'etcd.backup.gz');
    const bytes = await readFile(path);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    await writeFile(path, bytes);
    const again = await callE2d('snapshot', 'verify', '--all', ...store);
    expect(again.exit).toBe(1);
    expect(again.out).toMatch(new RegExp(`^BAD +${first.id} .*SHA-256`, 'm'));
    expect(again.out).toMatch(new RegExp(`^ok +${second.id} `, 'm'));
  });

  test('is put to the proof, and the outcome stays beside it', async () => {
    const { id } = await save();
    const workDir = join(folder, 'proofs');
    const flags = ['--restore', '--work-dir', workDir, ...store];
    const { exit, out } = await callE2d('snapshot', 'verify', ...flags);
    expect(exit).toBe(0);
    expect(out).toMatch(new RegExp(`^ok +${id} \\(\\d+\\.\\d s\\) .* is the one recorded\\.\n$`));
    expect(await readdir(workDir)).toEqual([]);
    expect(await readdir(join(storeDir, id))).toContainEqual(expect.stringMatching(/^e2d\.proof-/));
    const { entries } = await askE2d('snapshot', 'list', ...store);
    expect(entries).toMatchObject([{ id, proof: { outcome: 'proven' } }]);
  });

  test('is encrypted where that is asked for, and needs the key', async () => {
    const key = join(folder, 'snapshot.key');
    await writeFile(key, Buffer.alloc(32, 7));
    const withKey = ['--snapshot-encryption-key-file', key];
    const { id } = await save(...withKey);
    const file = join(folder, 'decrypted.db');
    const get = ['snapshot', 'get', id, '--output', file, ...store];
    expect(await callE2d(...get)).toMatchObject({
      exit: 1,
      err: expect.stringContaining('no key was given'),
    });
    expect(await callE2d(...get, ...withKey)).toMatchObject({ exit: 0 });
  });
});

describe('what goes from the store', () => {
  test('goes by the retention, of this lineage alone', async () => {
    const records = [await save(), await save(), await save()];
    const keepOne = ['--snapshot-keep-count', '1'];
    const dry = await callE2d('snapshot', 'prune', '--dry-run', ...own, ...store, ...keepOne);
    expect(dry.exit).toBe(0);
    expect(dry.out.match(/ would go +There are 1 newer ones/g)).toHaveLength(2);
    expect(await readdir(storeDir)).toHaveLength(3);
    const foreign = ['prune', '--lineage', 'fir', ...store, ...keepOne];
    expect((await callE2d('snapshot', ...foreign)).out).toContain('no snapshot of lineage fir');
    expect(await readdir(storeDir)).toHaveLength(3);
    const pruned = await askE2d('snapshot', 'prune', ...own, ...store, ...keepOne);
    expect(pruned).toMatchObject({ lineage, dryRun: false, failed: [] });
    const newest = records.map(({ id }) => id).sort();
    expect(newest).toEqual(expect.arrayContaining(await readdir(storeDir)));
    expect(await readdir(storeDir)).toHaveLength(1);
  });

  test('goes by name, but not without a word, nor the best of a lineage', async () => {
    const ids = [(await save()).id, (await save()).id, (await save()).id];
    const { entries } = await askE2d('snapshot', 'list', ...store);
    const listed = (entries as { id: string; record: Saved }[]).map(({ id }) => id);
    const [best = '', other = ''] = listed;
    const unasked = await callE2d('snapshot', 'delete', other, ...store);
    expect(unasked).toMatchObject({ exit: 2, out: '' });
    expect(unasked.err).toMatch(/To be removed from file:.*, for good:\n.*\n.*no terminal/);
    const refused = await callE2d('snapshot', 'delete', other, best, '--yes', ...store);
    expect(refused).toMatchObject({ exit: 1, out: '' });
    expect(refused.err).toContain(`for ${best} stays (S6): It is the newest of its lineage.`);
    expect(await readdir(storeDir)).toHaveLength(ids.length);
    const gone = await callE2d('snapshot', 'delete', other, '--yes', ...store);
    expect(gone).toEqual({ exit: 0, out: `removed ${other}\n`, err: '' });
    expect(await readdir(storeDir)).not.toContain(other);
    expect((await callE2d('snapshot', 'delete', best, '--yes', '--force', ...store)).exit).toBe(0);
  });
});

describe('bad usage', () => {
  test.each([
    [['list'], /^e2d: No --snapshot-backup-url says where the snapshots are\.\n/],
    [['get', 'latest', '--snapshot-backup-url', 'file:///x'], /^e2d: --output FILE is needed/],
    [['save', '--to', 'file:///x', '--output', 'y'], /^e2d: Give one of --to and --output/],
    [['save', '--max-backups', '2'], /^e2d: --max-backups needs --output FOLDER/],
    [['verify', 'x', '--all'], /^e2d: Give an ID or --all/],
    [['delete', 'latest', '--yes'], /^e2d: "latest" may be another one by now/],
    [['restore', './nothing', '--etcd-version', '9'], /^e2d: --etcd-version "9" must be/],
  ])('%j ends with 2', async (args, said) => {
    const { exit, err, out } = await callE2d('snapshot', ...args);
    expect({ exit, out }).toEqual({ exit: 2, out: '' });
    expect(err).toMatch(said);
  });

  test('an unknown ID ends with 2 and names what is near', async () => {
    const { id } = await save();
    const { exit, err } = await callE2d('snapshot', 'show', `${id.slice(0, -3)}xyz`, ...store);
    expect(exit).toBe(2);
    expect(err).toContain(`Did you mean ${id}?`);
  });
});

describe('a bucket', () => {
  const credentials = { accessKeyId: 'key-id', secretAccessKey: 'hidden-secret' };
  let s3: S3Server;
  beforeAll(async () => {
    s3 = await startS3Server({ buckets: ['backups'], credentials: [credentials] });
  });
  afterAll(() => s3.close());

  test('is used as a folder is, and its secret is never shown', async () => {
    const flags = [
      ...['--snapshot-backup-url', 's3://backups/etcd', '--s3-endpoint', s3.url],
      ...['--aws-access-key', credentials.accessKeyId],
      ...['--aws-secret-key', credentials.secretAccessKey],
    ];
    const saved = await callE2d('snapshot', 'save', ...own, ...flags);
    expect(saved).toMatchObject({ exit: 0, err: '' });
    const { entries } = await askE2d('snapshot', 'list', ...flags);
    expect(entries).toMatchObject([{ kind: 'e2d', record: { lineage } }]);
    expect((await callE2d('snapshot', 'verify', ...flags)).exit).toBe(0);
    s3.faults.add({ status: 403 });
    const denied = await callE2d('snapshot', 'list', ...flags);
    expect(denied).toMatchObject({ exit: 1, out: '' });
    expect(saved.out + denied.err).not.toContain(credentials.secretAccessKey);
  });
});

function currentRevision(): number {
  return JSON.parse(etcdctl('get', 'key-0', '-w', 'json')).header.revision;
}
