import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { gossipKeyOfCa } from '../../../src/node/gossip-key.ts';
import { TestCluster } from '../../support/cluster.ts';
import type { ClusterTls } from '../../support/cluster-tls.ts';
import { LoopbackBlock } from '../../support/loopback.ts';
import { startS3Server } from '../../support/s3-server/s3-server.ts';
import {
  bytesForms,
  leaks,
  ProcessWatch,
  pemForms,
  type Secrets,
  textForms,
} from '../../support/secrets.ts';
import { runE2d, type TestNode } from '../../support/test-node.ts';

const well = /etcd\.up\.healthy quorum\.held standing\.voting/;
/** Of one run alone: nothing else on the machine can show it. */
const drawn = (what: string) => `${what}+${randomBytes(9).toString('base64url')}/%é`;

describe('secrets are nowhere that others may look (S20)', () => {
  let cluster: TestCluster;
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'e2d-secrets-'));
  });

  afterEach(async () => {
    await cluster.destroy();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Writes a file of the test's folder and returns its path. */
  function file(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  /** In a configuration file: what a person puts on the command line is theirs to hide. */
  function configFile(name: string, options: Readonly<Record<string, string>>): string {
    const lines = Object.entries(options).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
    return file(name, `${lines.join('\n')}\n`);
  }

  test('not one of them, in the life of three nodes with all of them', async () => {
    const watch = new ProcessWatch();
    const extra = 'Tr1cky-pa55word';
    const accessKey = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: drawn('s3') };
    const proxyPassword = randomBytes(9).toString('hex');
    const mirrorPassword = randomBytes(9).toString('hex');
    const wrong = drawn('wrong');
    const snapshotKey = randomBytes(32);
    const store = await startS3Server({ buckets: ['backups'], credentials: [accessKey] });
    onTestFinished(() => store.close());
    const settings = {
      'snapshot-backup-url': 's3://backups/cluster',
      'snapshot-interval': '1s',
      'snapshot-verify-interval': 'off',
      'snapshot-encryption': 'true',
      'snapshot-encryption-key-file': file('snapshot.key', snapshotKey.toString('base64')),
      's3-endpoint': store.url,
      's3-region': 'eu-central-1',
      'aws-access-key': accessKey.accessKeyId,
    };
    const nodeConfig = configFile('node.yaml', {
      ...settings,
      'etcd-extra-args': `--host-whitelist=${extra} --max-txn-ops 256`,
      'etcd-releases-url': `https://mirror:${mirrorPassword}@mirror.example/etcd/?sig=S1gnature`,
    });
    const cliConfig = configFile('cli.yaml', {
      ...settings,
      'aws-secret-key': accessKey.secretAccessKey,
    });
    const environment = file(
      'with-environment.sh',
      `export E2D_AWS_SECRET_KEY='${accessKey.secretAccessKey}'\n` +
        `export HTTPS_PROXY='http://proxy:${proxyPassword}@127.0.0.1:9' NO_PROXY='*'\n` +
        'exec "$@"\n',
    );
    const block = new LoopbackBlock();
    const places = Array.from({ length: 3 }, () => ({
      host: block.next(),
      commandPrefix: ['/bin/sh', environment],
    }));
    const flags = ['--config', nodeConfig, '--log-level', 'trace', '--verbose'];
    cluster = new TestCluster({ size: 3, tls: {}, places, flags });
    const tls = tlsOf(cluster);
    const operator = tls.pairFiles(
      'olga',
      tls.authority.issue('olga', [], { usages: ['client'], organizations: ['e2d:operators'] }),
    );
    const start = (node: TestNode) => node.start('--control-addr', `${node.host}:7981`);
    for (const node of cluster.nodes) start(node);
    const tokens = new Set<string>();
    const remember = () => {
      for (const node of cluster.nodes) tokens.add(tokenOf(node));
    };
    const failing = failingRuns(tls, wrong, { ...settings, proxyPassword });
    await Promise.all(cluster.nodes.map((node) => node.isInState(well, 45_000)));
    remember();
    await cluster.node(0).killE2d();
    start(cluster.node(0));
    await cluster.node(1).killEtcd();
    await cluster.node(1).hasLogged(/SIGKILL/, 20_000);
    await cluster.node(2).killBoth();
    await cluster.node(2).loseDisk();
    start(cluster.node(2));
    await Promise.all(cluster.nodes.map((node) => node.isInState(well, 60_000)));
    remember();
    const remote = [
      ...['--endpoint', `${cluster.node(1).host}:7981`, '--ca-cert', tls.caFile],
      ...['--client-cert', operator.certificate, '--client-key', operator.key],
    ];
    const texts: (readonly [string, string])[] = [
      ...(await Promise.all(failing)),
      ...(await everyViewOf(cluster.node(1), remote)),
      ...(await restoreByHand(cluster.node(0), cliConfig)),
    ];
    await Promise.all(cluster.nodes.map((node) => node.isInState(well, 60_000)));
    for (const node of cluster.nodes) texts.push(...(await everythingOf(node)));
    const processes = watch.end();
    texts.push(...processes.map((text) => ['ps', withoutExtraArgs(text)] as const));

    const folderOfKeys = join(cluster.folder, 'tls');
    const keyFiles = readdirSync(folderOfKeys).filter((name) => name.endsWith('.key'));
    const keys = keyFiles.map((name) => readFileSync(join(folderOfKeys, name), 'utf8'));
    const secrets: Secrets = {
      'a private key': keys.flatMap(pemForms),
      'the gossip key': bytesForms((await gossipKeyOfCa(tls.caKeyFile)).bytes),
      'the key of snapshots': bytesForms(snapshotKey),
      'the password in an argument': textForms(extra),
      'the password of the mirror': [...textForms(mirrorPassword), 'S1gnature'],
      'the key of the store': textForms(accessKey.secretAccessKey),
      'the password of the proxy': textForms(proxyPassword),
      'a token of the control socket': [...tokens].flatMap(textForms),
      'a secret of a run that failed': textForms(wrong),
    };
    expect(keys.length, 'keys of nodes, clients, the operator and the authority').toBe(9);
    expect(tokens.size).toBeGreaterThan(3);
    for (const [what, forms] of Object.entries(secrets)) {
      const planted = forms.map((form, index) => [String(index), `<${form}>`] as const);
      expect(leaks(planted, { [what]: forms }).length, what).toBeGreaterThanOrEqual(forms.length);
    }
    expect(processes.some((text) => text.includes(cluster.folder) && /etcd\n/.test(text))).toBe(
      true,
    );
    expect(processes.some((text) => text.includes('etcdutl'))).toBe(true);
    // What etcd is told as an argument it tells in its own log, which its owner alone can read.
    const { 'the password in an argument': told, ...others } = secrets;
    const ofEtcd = texts.filter(([name]) => name.startsWith('etcd.log'));
    const ofE2d = texts.filter(([name]) => !name.startsWith('etcd.log'));
    expect(leaks(ofEtcd, others)).toEqual([]);
    expect(leaks(ofE2d, { ...others, 'the password in an argument': told ?? [] })).toEqual([]);
    expect(cluster.node(0).log).toContain('--host-whitelist=***');
    expect(cluster.node(0).log).toContain('https://***@mirror.example');
  });

  test('not the value that etcd refuses, though etcd says it', async () => {
    cluster = new TestCluster({ size: 1 });
    const node = cluster.node(0);
    const config = configFile('n.yaml', { 'etcd-extra-args': '--max-txn-ops=Tr1cky-pa55word' });
    node.start('--config', config);
    await node.hasLogged(/max-txn-ops/, 20_000);
    const written = await everythingOf(node);
    expect(written.some(([name]) => name === 'etcd.log')).toBe(true);
    const ours = written.filter(([name]) => name !== 'etcd.log');
    expect(leaks(ours, { 'the refused value': ['Tr1cky-pa55word'] })).toEqual([]);
  });

  /** What is told where a secret is wrong, or stands where it should not. */
  function failingRuns(
    { authority, caFile, client }: ClusterTls,
    secret: string,
    settings: Readonly<Record<'s3-endpoint' | 'snapshot-backup-url' | 'proxyPassword', string>>,
  ): readonly Promise<readonly [string, string]>[] {
    const { proxyPassword, ...store } = settings;
    const access = { ...store, 's3-region': 'eu-central-1', 'aws-access-key': 'AKIAEXAMPLE' };
    const withUser = store['s3-endpoint'].replace('//', `//user:${proxyPassword}@`);
    const other = file('other.key', authority.issue('other', ['127.0.0.1']).key);
    const tls = { 'ca-cert': caFile, 'server-cert': client.certificate, 'server-key': other };
    const peers = { 'peer-cert': client.certificate, 'peer-key': client.key };
    const odd = JSON.stringify(secret);
    const runs: readonly (readonly [string, ...string[]])[] = [
      [configFile('f1', { ...access, 'aws-secret-key': secret }), 'snapshot', 'list'],
      [
        configFile('f2', { ...access, 'aws-secret-key': secret, 's3-endpoint': withUser }),
        'snapshot',
        'list',
      ],
      [configFile('f3', { ...tls, ...peers, 'data-dir': join(folder, 'f3d') }), 'run'],
      [
        configFile('f4', {
          'snapshot-encryption-key-file': file('bad.key', secret),
          'snapshot-backup-url': 'file:///nowhere',
          'snapshot-encryption': 'true',
        }),
        'snapshot',
        'list',
      ],
      [file('f5', `aws-secret-key: ${odd} ${odd}\n  log-level: [\n`), 'status'],
      [configFile('f6', { 'aws-secret-keys': secret }), 'status'],
      [file('f7', `aws-secret-key: [${odd}, {a: ${odd}}]\n`), 'status'],
      [configFile('f8', { 'aws-secret-key': `${secret}\n` }), 'status'],
      [configFile('f9', { 'etcd-extra-args': secret }), 'status'],
      [
        configFile('f10', {
          'etcd-extra-args': `--name=${secret}`,
          'data-dir': join(folder, 'fd'),
        }),
        'run',
      ],
      [
        configFile('f11', { 'snapshot-backup-url': `ftp://user:${proxyPassword}@host/${'x'}` }),
        'snapshot',
        'list',
      ],
      [
        configFile('f12', {
          'ca-key': file('ca.bad', secret),
          'data-dir': join(folder, 'fe'),
          host: '127.0.0.1',
        }),
        'run',
        '-n',
        '3',
        '--bootstrap-addrs',
        '127.0.0.1:1',
      ],
      [
        configFile('f13', {
          'ca-cert': caFile,
          'client-cert': client.certificate,
          'client-key': other,
        }),
        'status',
        '--endpoint',
        '127.0.0.1:1',
      ],
    ];
    return runs.map(async ([config, ...words]) => {
      const { code, stdout, stderr } = await runE2d(...words, '--config', config, '--verbose');
      expect(code, `${config}: ${stderr}`).not.toBe(0);
      return [`what "e2d ${words.join(' ')}" says of ${config}`, stdout + stderr] as const;
    });
  }
});

function tlsOf({ tls }: TestCluster): ClusterTls {
  if (tls === null) throw new Error('the cluster has no certificates');
  return tls;
}

function tokenOf({ dataDir }: TestNode): string {
  return readFileSync(join(dataDir, 'e2d', 'control.token'), 'utf8').trim();
}

/** What every command that looks at a node shows of it, from here and from afar. */
async function everyViewOf(
  { dataDir }: TestNode,
  remote: readonly string[],
): Promise<readonly (readonly [string, string])[]> {
  const formats = ['tree', 'json', 'mermaid', 'dot', 'svg'];
  const here = [
    ...formats.map((format) => ['inspect', '--format', format]),
    ...[['status'], ['status', '--json'], ['metrics']],
  ].map((view) => [...view, '--data-dir', dataDir]);
  const fromAfar = [['inspect', '--format', 'json'], ['status']].map((view) => [
    ...view,
    ...remote,
  ]);
  const all = [...here, ...fromAfar].map((args) => [...args, '--verbose']);
  return Promise.all(
    all.map(async (args) => {
      const { code, stdout, stderr } = await runE2d(...args);
      expect(code, stderr).toBe(0);
      expect(stdout.length, args.join(' ')).toBeGreaterThan(100);
      return [`e2d ${args.join(' ')}`, stdout + stderr] as const;
    }),
  );
}

/** The cluster goes back to its latest snapshot. */
async function restoreByHand(
  node: TestNode,
  config: string,
): Promise<readonly (readonly [string, string])[]> {
  const at = ['--config', config, '--verbose'];
  const list = await runE2d('snapshot', 'list', ...at);
  expect(list).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d{4}-/m) });
  const { lineage } = (await node.report()).cluster;
  const order = ['latest', '--yes', '--lineage', lineage ?? '', '--data-dir', node.dataDir];
  const restore = await runE2d('restore', ...order, ...at);
  expect(restore.stdout, restore.stderr).toContain('Done');
  return [list, restore].map(({ stdout, stderr }) => [
    'a command about snapshots',
    stdout + stderr,
  ]);
}

/** Every text that e2d and its etcd have left about a node, by where it is. */
async function everythingOf(node: TestNode): Promise<readonly (readonly [string, string])[]> {
  const stateDir = join(node.dataDir, 'e2d');
  const texts: (readonly [string, string])[] = [['the log', node.log]];
  for (const name of readdirSync(stateDir, { recursive: true, encoding: 'utf8' })) {
    const path = join(stateDir, name);
    if (!existsSync(path) || !statSync(path).isFile() || name === 'control.token') continue;
    const bytes = readFileSync(path);
    texts.push([name, (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()]);
  }
  const names = texts.map(([name]) => name.replace(/\/.*/, ''));
  expect(names).toEqual(expect.arrayContaining(['the log', 'events', 'etcd.log']));
  for (const pid of node.etcdPids) {
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    // A proxy is there to be used by programs that e2d starts.
    const others = variables.filter((one) => !one.startsWith('HTTPS_PROXY='));
    expect(others.join()).not.toContain('E2D_');
    texts.push(["etcd's environment", others.join('\n')]);
  }
  return texts;
}

/** Without the one argument of etcd that the operator wrote. */
function withoutExtraArgs(argumentLines: string): string {
  return argumentLines
    .split('\n')
    .filter((line) => !line.startsWith('--host-whitelist='))
    .join('\n');
}
