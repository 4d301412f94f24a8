import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askE2d } from '../../support/call-e2d.ts';
import { CertificateAuthority } from '../../support/certificates.ts';
import { startEtcdCluster } from '../../support/etcd-launcher.ts';

/** The page is what a person has in the worst hour: its own lines are run here. */
const page = resolve(import.meta.dirname, '../../../docs/snapshots.md');
const firstE2d = resolve(import.meta.dirname, '../../fixtures/e2d-go-snapshots');
const folder = mkdtempSync(join(tmpdir(), 'e2d-stock-tools-'));
const tools = process.env['E2D_ETCD_BIN_DIR'] ?? '';
const [caKey, curveKey] = [join(folder, 'ca.key'), join(folder, 'curve.key')];
const keyFile = join(folder, 'raw.key');
const forms = {
  stored: [],
  compressed: ['--snapshot-compression'],
  'encrypted with the key of the CA': ['--snapshot-encryption', '--ca-key', caKey],
  'encrypted with the ECDSA key of the CA': ['--snapshot-encryption', '--ca-key', curveKey],
  'encrypted with a key of its own': ['--snapshot-encryption-key-file', keyFile],
};
type Form = keyof typeof forms;
const saved = new Map<string, { folder: string; contentBytes: number }>();

beforeAll(async () => {
  await writeFile(caKey, new CertificateAuthority().key);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await writeFile(curveKey, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await writeFile(keyFile, Buffer.alloc(32, 9));
  const cluster = await startEtcdCluster(1);
  try {
    const { clientUrl } = cluster.member(0);
    const put = (...pair: readonly string[]) =>
      spawnSync(join(tools, 'etcdctl'), ['--endpoints', clientUrl, 'put', ...pair]);
    put('/_e2d/cluster', '{"lineage":"oak","requiredSize":1}');
    put('/app', 'precious');
    const { host, hostname } = new URL(clientUrl);
    for (const [form, flags] of Object.entries(forms)) {
      const to = join(folder, form.replaceAll(' ', '-'));
      const own = ['--host', hostname, '--client-addr', host];
      const asked = await askE2d('snapshot', 'save', ...own, '--to', `file://${to}`, ...flags);
      const { id, content } = asked['record'] as { id: string; content: { sizeBytes: number } };
      saved.set(form, { folder: join(to, id), contentBytes: content.sizeBytes });
    }
  } finally {
    await cluster.stop();
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The fenced block that begins with this comment. */
async function block(begin: string): Promise<string> {
  const blocks = (await readFile(page, 'utf8')).matchAll(/^```\w*\n(.*?)^```$/gms);
  const found = [...blocks].map(([, text = '']) => text).find((text) => text.includes(begin));
  if (found === undefined) throw new Error(`${page} has no block with "${begin}"`);
  return found;
}

/** A folder with the data alone, as it is fetched from a bucket. */
async function fetched(form: Form): Promise<string> {
  const from = saved.get(form)?.folder ?? '';
  const work = mkdtempSync(join(folder, 'work-'));
  await copyFile(join(from, 'etcd.backup.gz'), join(work, 'etcd.backup.gz'));
  return work;
}

function shell(script: string, cwd: string, env: NodeJS.ProcessEnv = {}): string {
  const path = `${tools}:${process.env['PATH']}`;
  const options = { cwd, env: { PATH: path, ...env }, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-euc', script], options);
  if (status !== 0) throw new Error(`${stderr}${stdout}`);
  return stdout;
}

/** What the restored database holds, read with a tool of etcd. */
function expectRestored(work: string): void {
  const keys = shell(
    'strings -a restored/member/snap/db 2>/dev/null || cat restored/member/snap/db',
    work,
  );
  expect(keys).toContain('precious');
}

describe('with nothing but the bucket, the key and stock tools', () => {
  test.each(['stored', 'compressed'] as const)('a snapshot that is %s', async (form) => {
    const work = await fetched(form);
    shell(await block('# plain or compressed'), work);
    expectRestored(work);
  });

  test.each([
    ['encrypted with the key of the CA', caKey],
    ['encrypted with the ECDSA key of the CA', curveKey],
  ] as const)('one that is %s, by openssl', async (form, key) => {
    const work = await fetched(form);
    await copyFile(key, join(work, 'ca.key'));
    const content = String(saved.get(form)?.contentBytes);
    const said = shell(await block('# encrypted, with openssl'), work, { content });
    expect(said).toContain('authentic');
    expectRestored(work);
  });

  test.each([
    ['encrypted with the key of the CA', caKey],
    ['encrypted with the ECDSA key of the CA', curveKey],
    ['encrypted with a key of its own', keyFile],
  ] as const)('one that is %s, by the script', async (form, key) => {
    const work = await fetched(form);
    await writeFile(join(work, 'decrypt.mjs'), await block('// decrypt.mjs'));
    const run = (...args: readonly string[]) =>
      spawnSync(process.execPath, ['decrypt.mjs', ...args], { cwd: work, encoding: 'utf8' });
    expect(run(key, 'etcd.backup.gz', 'etcd.db')).toMatchObject({ status: 0, stderr: '' });
    shell('etcdutl snapshot restore etcd.db --data-dir restored', work);
    expectRestored(work);
    const wrong = join(work, 'wrong.key');
    await writeFile(wrong, Buffer.alloc(32, 1));
    expect(run(wrong, 'etcd.backup.gz', 'wrong.db').stderr).toContain(
      'the key or the data is wrong',
    );
  });

  test('one of the first e2d, which has no hash at its end', async () => {
    const work = join(folder, 'first-e2d');
    await mkdir(work);
    await copyFile(join(firstE2d, 'gzip'), join(work, 'etcd.backup.gz'));
    const script = await block('# plain or compressed');
    expect(() => shell(script, work)).toThrow(/hash/);
    await rm(join(work, 'restored'), { recursive: true, force: true });
    shell(script.replace('etcd.db --data', 'etcd.db --skip-hash-check --data'), work);
    expect(await readdir(join(work, 'restored', 'member'))).toEqual(['snap', 'wal']);
  });
});
