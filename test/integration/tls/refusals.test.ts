import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CertificateAuthority } from '../../support/certificates.ts';
import { TestCluster } from '../../support/cluster.ts';
import type { ClusterTls } from '../../support/cluster-tls.ts';
import { runE2d, type TestNode } from '../../support/test-node.ts';

const dayMs = 86_400_000;
const daysAway = (count: number) => new Date(Date.now() + count * dayMs);

let cluster: TestCluster;
let node: TestNode;
let tls: ClusterTls;
let flags: readonly string[];

beforeAll(() => {
  cluster = new TestCluster({ size: 1, tls: {} });
  node = cluster.node(0);
  tls = requireTls(cluster);
  flags = tls.flagsFor(node.host);
});

afterAll(() => cluster.destroy());

function requireTls({ tls: found }: TestCluster): ClusterTls {
  if (found === null) throw new Error('the cluster speaks plain HTTP');
  return found;
}

/** Later flags win over those that are good. */
function start(...changed: readonly string[]) {
  const here = ['--data-dir', node.dataDir, '--host', node.host, '--log-format', 'pretty'];
  return runE2d('run', ...here, ...flags, ...changed);
}

/** Later flags win, and this key signs nothing here. */
function withoutItsKey(): readonly string[] {
  return ['--ca-key', tls.file('another.key', new CertificateAuthority('another').key)];
}

type Issue = Parameters<CertificateAuthority['issue']>[2];

function pair(role: 'server' | 'peer' | 'client', issue: Issue, authority = tls.authority) {
  return tls.pairFlags(role, tls.pairFiles('bad', authority.issue('bad', [node.host], issue)));
}

describe('a set that cannot work is refused with 2, and nothing starts', () => {
  test.each<[string, () => readonly string[], RegExp]>([
    [
      'a key of another certificate',
      () => ['--server-key', tls.caKeyFile],
      /The private key \S+ca\.key does not belong to the certificate \S+-server\.crt\./,
    ],
    [
      'a file without a certificate',
      () => ['--peer-cert', tls.caKeyFile],
      /The file \S+ca\.key holds no certificate\./,
    ],
    [
      'a file without a key',
      () => ['--peer-key', tls.caFile],
      /The file \S+ca\.crt holds no private key that can be read\./,
    ],
    [
      'an authority that did not sign',
      () => pair('client', { usages: ['client'] }, new CertificateAuthority('stranger')),
      /No authority of \S+ca\.crt signed the certificate \S+bad\.crt: it was signed by "CN=stranger"\./,
    ],
    [
      'a bundle with a certificate that is no authority',
      () => [
        '--ca-cert',
        tls.file(
          'bundle.crt',
          tls.authority.certificate + tls.authority.issue('leaf', []).certificate,
        ),
      ],
      /The certificate of "CN=leaf" in \S+bundle\.crt is not one of an authority\./,
    ],
    [
      'a server that may only be a client',
      () => pair('server', { usages: ['client'] }),
      /The certificate \S+bad\.crt may not be used by a server: .* leave out serverAuth\./,
    ],
    [
      'a member that may only be a server',
      () => pair('peer', { usages: ['server'] }),
      /The certificate \S+bad\.crt may not be used by a client: .* leave out clientAuth\./,
    ],
    [
      'a client that may only be a server',
      () => pair('client', { usages: ['server'] }),
      /The certificate \S+bad\.crt may not be used by a client: .* leave out clientAuth\./,
    ],
    [
      'a host that the certificate of the server does not name',
      () => ['--client-addr', '127.9.9.9:2379'],
      /The certificate \S+-server\.crt is not good for 127\.9\.9\.9: it names 127\.[\d.]+, 127\.0\.0\.1\./,
    ],
    [
      'a host that the certificate of the member does not name',
      () => ['--peer-addr', '127.9.9.9:2380'],
      /The certificate \S+-peer\.crt is not good for 127\.9\.9\.9: /,
    ],
  ])('%s', async (_, changed, sentence) => {
    const { code, stderr } = await start(...changed());
    expect(stderr).toMatch(sentence);
    expect(code).toBe(2);
    expect(node.etcdPids).toEqual([]);
    expect(existsSync(join(node.dataDir, 'member'))).toBe(false);
  });

  test('all that is wrong is told at once', async () => {
    const { code, stderr } = await start(
      ...pair('server', { to: daysAway(-1 / 24), usages: ['client'] }),
      ...['--peer-key', tls.caKeyFile],
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(/3 things are wrong with the certificates:/);
    expect(stderr).toMatch(/bad\.crt expired on /);
    expect(stderr).toMatch(/bad\.crt may not be used by a server/);
    expect(stderr).toMatch(/ca\.key does not belong to the certificate/);
  });

  test('half of a set has its own sentences', async () => {
    const { code, stderr } = await runE2d('run', ...flags.slice(0, -8));
    expect(code).toBe(2);
    expect(stderr).toMatch(/--peer-cert and --peer-key: etcd could show nothing to the other memb/);
  });
});

describe('what only time forbids is refused with 1: a supervisor tries again', () => {
  test.each<[string, Issue, RegExp]>([
    ['expired', { to: daysAway(-1 / 24) }, /bad\.crt expired on \d{4}-\d\d-\d\dT[\d:]+Z\./],
    [
      'not yet valid',
      { from: daysAway(1 / 24) },
      /bad\.crt is not valid before \S+Z; the clock of this machine says \S+Z\./,
    ],
  ])('%s', async (_, issue, sentence) => {
    const { code, stderr } = await start(...pair('server', issue), ...withoutItsKey());
    expect(stderr).toMatch(sentence);
    expect(code).toBe(1);
    expect(node.etcdPids).toEqual([]);
  });

  test('but an etcd that runs is adopted all the same, and goes on', async () => {
    await cluster.startHealthy();
    await node.isSettled();
    const { etcdPid } = node;
    await node.killE2d();
    const from = node.log.length;
    const expired = [...pair('server', { to: daysAway(-1 / 24) }), ...withoutItsKey()];
    node.start(...expired);
    await node.hasLogged(/"level":"error".*bad\.crt expired on /, 20_000, from);
    await node.isInState(/etcd\.up/);
    expect(node.etcdPid).toBe(etcdPid);
    expect(await node.stop()).toMatchObject({ code: 0 });
    node.start(...expired);
    expect(await node.hasExited(20_000)).toMatchObject({ code: 1 });
    expect(node.etcdPids).toEqual([]);
  });

  test('and with the key of the authority what ran out is renewed', async () => {
    const from = node.log.length;
    node.start(...pair('server', { to: daysAway(-1 / 24) }));
    await node.hasLogged(/The certificates \(server\) had run out/, 20_000, from);
    await cluster.isHealthy();
  });
});
