import { execFile, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { toPem } from '../../../src/pki/pem.ts';
import { askE2d, callE2d } from '../../support/call-e2d.ts';
import {
  type EtcdCluster,
  emptyEtcdCluster,
  initialClusterOf,
} from '../../support/etcd-launcher.ts';
import { waitUntil } from '../../support/wait-until.ts';

const root = resolve(import.meta.dirname, '../../..');
const profiles = ['server', 'peer', 'client'] as const;
type Profile = (typeof profiles)[number];

/** As the first e2d made them: in PrintableString, for etcd compares names byte by byte. */
const firstE2dRequest = `
[req]
distinguished_name = name
x509_extensions = authority
string_mask = pkix
prompt = no
[name]
C = US
ST = Boston
L = MA
O = Critical Stack
CN = e2d-ca
[authority]
keyUsage = critical, keyCertSign, cRLSign
basicConstraints = critical, CA:TRUE
subjectKeyIdentifier = hash
[leaf]
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
basicConstraints = critical, CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = IP:10.9.8.7, IP:127.0.0.1, IP:10.9.8.7
`;

interface Said {
  readonly status: number | null;
  readonly text: string;
}

function openssl(...words: readonly string[]): Said {
  const { status, stdout, stderr } = spawnSync('openssl', words, { encoding: 'utf8' });
  return { status, text: `${stdout}${stderr}` };
}

function openssled(...words: readonly string[]): string {
  const { status, text } = openssl(...words);
  if (status !== 0) throw new Error(`openssl ${words.join(' ')}: ${text}`);
  return text;
}

async function pki(...words: readonly string[]): Promise<string> {
  const { exit, out, err } = await callE2d('pki', ...words);
  expect({ exit, err }).toEqual({ exit: 0, err: '' });
  return out;
}

const authorityFlags = (dir: string) => [
  ...['--ca-cert', join(dir, 'ca.crt'), '--ca-key', join(dir, 'ca.key')],
];

const init = (algorithm: string) => (dir: string) =>
  pki('init', ...authorityFlags(dir), '--algorithm', algorithm);

/** With the key that the first e2d's own snapshots were encrypted with. */
async function firstE2d(dir: string): Promise<void> {
  const der = await readFile(join(root, 'test/fixtures/e2d-go-snapshots/ca-key.der'));
  const [config, key] = [join(dir, 'request.conf'), join(dir, 'ca.key')];
  await writeFile(config, firstE2dRequest);
  await writeFile(key, toPem('RSA PRIVATE KEY', der), { mode: 0o600 });
  const asked = ['-x509', '-new', '-sha256', '-days', '1825', '-config', config];
  openssled('req', ...asked, '-key', key, '-out', join(dir, 'ca.crt'));
}

describe.each([
  ['ecdsa-p256', init('ecdsa-p256')],
  ['rsa-2048', init('rsa-2048')],
  ['the first e2d', firstE2d],
] as const)('certificates of an authority of %s', (_, makeAuthority) => {
  let dir: string;
  let cluster: EtcdCluster;
  const at = (name: string) => join(dir, name);
  const show = (name: string, ...what: readonly string[]) =>
    openssled('x509', '-noout', '-in', at(`${name}.crt`), ...what);

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'e2d-pki-files-'));
    cluster = await emptyEtcdCluster();
    for (const scheme of ['https', 'https'] as const) await cluster.addBlank(scheme, scheme);
    await makeAuthority(dir);
    const addresses = cluster.clientUrls.map((url) => new URL(url).hostname);
    const hosts = [...addresses, 'db1.example', 'fd00::5'].join();
    await pki('gencerts', ...authorityFlags(dir), '--output-dir', dir, '--hosts', hosts);
  });

  afterAll(async () => {
    await cluster.stop();
    await rm(dir, { recursive: true, force: true });
  });

  test('are good to openssl for their purposes, names and keys, and for no others', () => {
    const names = ['-verify_ip', 'fd00::5', '-verify_hostname', 'db1.example'];
    const verify = (name: Profile, purpose: string, ...more: readonly string[]) => {
      const trust = ['-x509_strict', '-CAfile', at('ca.crt'), '-purpose', purpose];
      return openssl('verify', ...trust, ...more, at(`${name}.crt`)).status === 0;
    };
    const good = profiles.map((name) => [verify(name, 'sslserver'), verify(name, 'sslclient')]);
    expect(good).toEqual([
      [true, false],
      [true, true],
      [false, true],
    ]);
    expect(verify('server', 'sslserver', ...names)).toBe(true);
    expect(verify('peer', 'sslserver', '-verify_ip', '127.0.0.1')).toBe(true);
    expect(verify('server', 'sslserver', '-verify_ip', 'fd00::6')).toBe(false);
    for (const name of ['ca', ...profiles]) {
      expect(openssled('pkey', '-in', at(`${name}.key`), '-pubout')).toBe(show(name, '-pubkey'));
    }
  });

  test('have the extensions of their profiles', () => {
    const asked = 'keyUsage,extendedKeyUsage,basicConstraints,subjectAltName';
    const said = (name: string) => {
      const lines = show(name, '-ext', asked).split('\n');
      return lines.map((line) => line.trim().replace(/^X509v3 /, '')).filter((line) => line !== '');
    };
    const leaf = ['Key Usage: critical', 'Digital Signature, Key Encipherment'];
    const usages = ['Extended Key Usage:', 'TLS Web Server Authentication'];
    const end = ['Basic Constraints: critical', 'CA:FALSE'];
    const names = [
      'Subject Alternative Name:',
      expect.stringMatching(/^IP Address:127\..*:FD00:0/),
    ];
    expect(said('server')).toEqual([...leaf, ...usages, ...end, ...names]);
    expect(said('peer')).toEqual([
      ...leaf,
      usages[0],
      `${usages[1]}, TLS Web Client Authentication`,
      ...end,
      ...names,
    ]);
    expect(said('client')).toEqual([
      ...leaf,
      'Extended Key Usage:',
      'TLS Web Client Authentication',
      ...end,
    ]);
    expect(said('ca')).toEqual([
      ...['Key Usage: critical', 'Certificate Sign, CRL Sign'],
      ...['Basic Constraints: critical', 'CA:TRUE'],
    ]);
    expect(show('server', '-ext', 'subjectAltName')).toContain(
      'DNS:db1.example, IP Address:FD00:0:0:0:0:0:0:5',
    );
  });

  test('are listed by status as openssl has them', async () => {
    const { files } = await askE2d('pki', 'status', '--dir', dir);
    const told = (files as readonly Listed[]).map(({ file, certificates, problems }) => ({
      file,
      problems,
      serials: certificates.map(({ serial, notAfter }) => [serial, new Date(notAfter)]),
    }));
    const expected = ['ca', 'client', 'peer', 'server'].map((name) => {
      const [, serial = ''] = /serial=(\w+)/.exec(show(name, '-serial')) ?? [];
      const [, end = ''] = /notAfter=(.+)/.exec(show(name, '-enddate')) ?? [];
      return { file: at(`${name}.crt`), problems: [], serials: [[serial, new Date(end)]] };
    });
    expect(told).toEqual(expected);
  });

  test('let etcd serve who shows one, and nobody else; renewed ones without a restart', async () => {
    const pair = (name: string) => ({ cert: at(`${name}.crt`), key: at(`${name}.key`) });
    const [server, peer] = [pair('server'), pair('peer')];
    const flags = [
      ...['--client-cert-auth', '--trusted-ca-file', at('ca.crt')],
      ...['--cert-file', server.cert, '--key-file', server.key],
      ...['--peer-client-cert-auth', '--peer-trusted-ca-file', at('ca.crt')],
      ...['--peer-cert-file', peer.cert, '--peer-key-file', peer.key],
    ];
    for (const member of cluster.members) {
      member.start('new', initialClusterOf(cluster.members), flags);
    }
    const { clientUrl, peerUrl } = cluster.member(0);
    const { clientUrl: secondUrl } = cluster.member(1);
    await waitUntil(() => etcdctl(clientUrl, dir, 'client', 'put', 'kept', 'yes'), {
      ...{ what: 'two members have a leader over TLS', withinMs: 30_000 },
      explain: () => cluster.member(0).log(),
    });
    expect(await etcdctl(secondUrl, dir, 'client', 'get', 'kept')).toContain('yes');
    expect(await etcdctl(clientUrl, dir, null, 'put', 'kept', 'no')).toBeNull();
    const ask = (url: string, name: string | null) => version(url, dir, name);
    for (const url of [clientUrl, peerUrl]) {
      expect(await ask(url, 'peer')).toMatchObject({ status: 200 });
      for (const stranger of [null, 'server']) {
        expect(await ask(url, stranger)).toMatchObject({ status: null });
      }
    }
    const names = 'keyUsage,extendedKeyUsage,basicConstraints,subjectAltName';
    const said = () => profiles.map((name) => show(name, '-subject', '-issuer', '-ext', names));
    const before = said();
    await pki('renew', '--dir', dir);
    expect(said()).toEqual(before);
    for (const [url, name] of [[clientUrl, 'server'] as const, [peerUrl, 'peer'] as const]) {
      const { serialNumber } = new X509Certificate(await readFile(at(`${name}.crt`)));
      expect(await ask(url, 'client')).toEqual({ status: 200, serial: serialNumber });
    }
    expect(await etcdctl(clientUrl, dir, 'client', 'get', 'kept')).toContain('yes');
  });
});

test('a certificate of the first e2d is renewed as it was, whatever its names are', async () => {
  const dir = await temporaryFolder();
  await firstE2d(dir);
  const at = (name: string) => join(dir, name);
  const config = ['-config', at('request.conf')];
  const subject = ['-subj', '/C=US/ST=L/L=MA/CN=etcd server'];
  const made = ['-newkey', 'rsa:2048', '-noenc', '-keyout', at('server.key')];
  openssled('req', '-new', ...made, ...config, ...subject, '-out', at('server.csr'));
  const signed = ['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-days', '30'];
  const extensions = ['-extfile', at('request.conf'), '-extensions', 'leaf'];
  const out = ['-out', at('server.crt')];
  openssled('x509', '-req', '-in', at('server.csr'), ...signed, ...extensions, ...out);
  const show = () => {
    const names = 'keyUsage,extendedKeyUsage,basicConstraints,subjectAltName';
    return openssled('x509', '-noout', '-in', at('server.crt'), '-subject', '-ext', names);
  };
  const before = show();
  await pki('renew', '--dir', dir);
  expect(show()).toBe(before);
  const trust = ['-x509_strict', '-CAfile', at('ca.crt'), '-purpose', 'sslserver'];
  openssled('verify', ...trust, '-verify_ip', '10.9.8.7', at('server.crt'));
});

test('files have their modes whatever the mask is, and stay as they are without --force', async () => {
  const dir = await temporaryFolder();
  const e2d = (mask: string, ...words: readonly string[]) => {
    const line = [process.execPath, join(root, 'dist/src/cli/main.js'), 'pki', ...words];
    const script = `umask ${mask}; exec "$@"`;
    return spawnSync('sh', ['-c', script, 'sh', ...line], { cwd: dir, encoding: 'utf8' });
  };
  const files = async () => {
    const names = (await readdir(dir)).sort();
    const read = names.map(async (name) => {
      const { mode } = await stat(join(dir, name));
      return [name, (mode & 0o777).toString(8), await readFile(join(dir, name), 'utf8')] as const;
    });
    return Promise.all(read);
  };
  expect(e2d('000', 'init').status).toBe(0);
  expect(e2d('077', 'gencerts', '--hosts', '10.9.8.7').status).toBe(0);
  const before = await files();
  expect(before.map(([name, mode]) => `${name} ${mode}`)).toEqual(
    ['ca', ...profiles].sort().flatMap((name) => [`${name}.crt 644`, `${name}.key 600`]),
  );
  for (const command of [['init'], ['gencerts', '--hosts', '10.9.8.7']] as const) {
    const { status, stderr } = e2d('022', ...command);
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Nothing was written'),
    });
  }
  expect(await files()).toEqual(before);
  expect(e2d('000', 'gencerts', '--force', '--hosts', '10.9.8.7').status).toBe(0);
  const after = await files();
  expect(after.map(([name, mode]) => [name, mode])).toEqual(
    before.map(([name, mode]) => [name, mode]),
  );
  const changed = after.filter(([, , text], index) => text !== before[index]?.[2]);
  expect(changed).toHaveLength(6);
});

async function temporaryFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'e2d-pki-files-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

interface Listed {
  readonly file: string;
  readonly problems: readonly string[];
  readonly certificates: readonly { readonly serial: string; readonly notAfter: string }[];
}

/** What it prints; null when it fails. */
function etcdctl(
  url: string,
  dir: string,
  ...[name, ...words]: readonly [string | null, ...string[]]
): Promise<string | null> {
  const shown =
    name === null ? [] : ['--cert', join(dir, `${name}.crt`), '--key', join(dir, `${name}.key`)];
  const trust = ['--endpoints', url, '--cacert', join(dir, 'ca.crt'), '--command-timeout', '2s'];
  const program = join(process.env['E2D_ETCD_BIN_DIR'] ?? '', 'etcdctl');
  const env = { PATH: process.env['PATH'], ETCDCTL_API: '3' };
  return new Promise((settle) => {
    execFile(program, [...trust, ...shown, ...words], { env }, (error, stdout) =>
      settle(error === null ? stdout : null),
    );
  });
}

interface Asked {
  readonly status: number | null;
  readonly serial: string | null;
}

/** How a listener answers who shows this certificate, and which one it shows itself. */
async function version(url: string, dir: string, name: string | null): Promise<Asked> {
  const read = (file: string) => readFile(join(dir, file));
  const shown =
    name === null ? {} : { cert: await read(`${name}.crt`), key: await read(`${name}.key`) };
  const options = { ca: await read('ca.crt'), ...shown, agent: false, timeout: 5_000 };
  return new Promise((settle) => {
    get(`${url}/version`, options, (answer) => {
      const { socket, statusCode = null } = answer;
      const peer = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
      settle({ status: statusCode, serial: peer?.serialNumber ?? null });
      answer.destroy();
    }).on('error', () => settle({ status: null, serial: null }));
  });
}
