import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { gossipKeyOfCa } from '../../../src/node/gossip-key.ts';
import { CertificateAuthority } from '../../support/certificates.ts';
import { TestCluster } from '../../support/cluster.ts';
import { runE2d, type TestNode } from '../../support/test-node.ts';

/** What the operator handed to e2d and what must be nowhere that e2d writes, by what it is. */
type Secrets = Readonly<Record<string, readonly string[]>>;

const well = /etcd\.up\.healthy quorum\.held standing\.voting/;

describe('secrets never enter a log (S20)', () => {
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

  test('neither keys nor passwords, in the life of three nodes with all of them', async () => {
    const authority = new CertificateAuthority();
    const caKey = file('ca.key', authority.key);
    const caCert = file('ca.crt', authority.certificate);
    cluster = new TestCluster({ size: 3, flags: ['--log-level', 'trace', '--verbose'] });
    const keys: string[] = [];
    const configs = cluster.nodes.map((node, index) => {
      const pairs = ['server', 'peer', 'client'].map((role) => {
        const pair = authority.issue(role, [node.host, '127.0.0.1']);
        const certificate = file(`${role}${index}.crt`, pair.certificate);
        const key = file(`${role}${index}.key`, pair.key);
        keys.push(pair.key);
        return { role, certificate, key };
      });
      return configFile(`n${index}.yaml`, {
        'ca-cert': caCert,
        'ca-key': caKey,
        ...Object.fromEntries(
          pairs.flatMap(({ role, certificate, key }) => [
            [`${role}-cert`, certificate],
            [`${role}-key`, key],
          ]),
        ),
        'etcd-extra-args': '--host-whitelist=Tr1cky-pa55word --max-txn-ops 256',
        'etcd-releases-url': 'https://mirror:Rel3ases@Pa55@mirror.example/etcd/?sig=S1gnature',
      });
    });
    const secrets: Secrets = {
      'the key of the authority': keyTexts(authority.key),
      'the keys of the nodes': keys.flatMap(keyTexts),
      'the gossip key': bytesTexts((await gossipKeyOfCa(caKey)).bytes),
      'the password in an argument': ['Tr1cky-pa55word'],
      'the password of the mirror': ['Rel3ases', 'Pa55@', 'S1gnature'],
    };
    const start = (index: number) => cluster.node(index).start('--config', configs[index] ?? '');
    for (const index of configs.keys()) start(index);
    await Promise.all(cluster.nodes.map((node) => node.isInState(well, 45_000)));
    await cluster.node(0).killE2d();
    start(0);
    await cluster.node(1).killEtcd();
    await cluster.node(1).hasLogged(/SIGKILL/, 20_000);
    await cluster.node(2).killBoth();
    await cluster.node(2).loseDisk();
    start(2);
    await Promise.all(cluster.nodes.map((node) => node.isInState(well, 60_000)));
    const found = leaks(new Map([['its file', authority.key]]), secrets);
    expect(found.length, 'what is in a text is found').toBeGreaterThan(20);
    for (const node of cluster.nodes) {
      const written = await everythingOf(node);
      expect(written.get('config in the event log')).toContain('--host-whitelist=***');
      expect(written.get('config in the event log')).toContain('https://***@mirror.example');
      expect(leaks(written, secrets)).toEqual([]);
    }
  });

  test('not the value that etcd refuses, though etcd says it', async () => {
    cluster = new TestCluster({ size: 1 });
    const node = cluster.node(0);
    const config = configFile('n.yaml', { 'etcd-extra-args': '--max-txn-ops=Tr1cky-pa55word' });
    node.start('--config', config);
    await node.hasLogged(/max-txn-ops/, 20_000);
    const written = await everythingOf(node);
    expect(leaks(written, { 'the refused value': ['Tr1cky-pa55word'] })).toEqual([]);
  });
});

/** Every text that e2d gives away about a node, by where it is. */
async function everythingOf(node: TestNode): Promise<ReadonlyMap<string, string>> {
  const events = eventTexts(node);
  const [header = ''] = events[0]?.split('\n') ?? [];
  const stateFiles = readdirSync(join(node.dataDir, 'e2d')).filter((name) => /json|pid/.test(name));
  const texts: [string, string][] = [
    ['config in the event log', JSON.stringify(JSON.parse(header).config)],
    ['the event log', events.join('\n')],
    ['the log', node.log],
    ...stateFiles.map((name): [string, string] => [
      name,
      readFileSync(join(node.dataDir, 'e2d', name), 'utf8'),
    ]),
  ];
  if (node.e2dPid !== null) {
    const at = ['--data-dir', node.dataDir];
    const inspection = await runE2d('inspect', '--format', 'json', ...at);
    const status = await runE2d('status', '--json', ...at);
    expect(status.stdout).toContain('"state"');
    texts.push(['inspect', inspection.stdout + inspection.stderr]);
    texts.push(['status', status.stdout + status.stderr]);
    for (const pid of node.etcdPids) {
      texts.push(['what etcd is started with', withoutExtraArgs(pid)]);
    }
    texts.push(['the arguments of e2d', readFileSync(`/proc/${node.e2dPid}/cmdline`, 'utf8')]);
  }
  return new Map(texts);
}

function eventTexts(node: TestNode): readonly string[] {
  if (!existsSync(node.eventsFolder)) return [];
  return readdirSync(node.eventsFolder)
    .sort()
    .map((name) => {
      const bytes = readFileSync(join(node.eventsFolder, name));
      return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
    });
}

function leaks(written: ReadonlyMap<string, string>, secrets: Secrets): readonly string[] {
  return [...written].flatMap(([place, text]) =>
    Object.entries(secrets).flatMap(([what, values]) =>
      values
        .filter((value) => text.includes(value))
        .map((value) => `${what} in ${place}: ${around(text, value)}`),
    ),
  );
}

function around(text: string, value: string): string {
  const at = text.indexOf(value);
  return text.slice(Math.max(0, at - 80), at + value.length + 40);
}

/** etcd's arguments and environment, but for the one argument that the operator wrote. */
function withoutExtraArgs(pid: number): string {
  const parts = ['cmdline', 'environ'].flatMap((name) =>
    readFileSync(`/proc/${pid}/${name}`, 'utf8').split('\0'),
  );
  expect(parts.some((part) => part.startsWith('--host-whitelist='))).toBe(true);
  return parts.filter((part) => !part.startsWith('--host-whitelist=')).join('\n');
}

/** Each line of a key says enough; the last one may be too short to be told from other text. */
function keyTexts(pem: string): readonly string[] {
  const body = pem.split('\n').filter((line) => line.length === 64);
  return [...body, ...body.map((line) => Buffer.from(line, 'base64').toString('hex'))];
}

function bytesTexts(bytes: Buffer): readonly string[] {
  const base64 = bytes.toString('base64').replace(/=+$/, '');
  return [bytes.toString('hex'), base64, bytes.toString('base64url'), [...bytes].join(',')];
}
