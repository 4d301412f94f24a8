import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { CertificateAuthority } from '../../support/certificates.ts';
import { TestCluster } from '../../support/cluster.ts';
import { waitUntil } from '../../support/wait-until.ts';

const lifeMs = 18_000;

/** The certificates of servers and members, by their files. */
function certificatesOf({ folder, nodes }: TestCluster): X509Certificate[] {
  return nodes.flatMap(({ host }) =>
    ['server', 'peer'].map(
      (role) => new X509Certificate(readFileSync(join(folder, 'tls', `${host}-${role}.crt`))),
    ),
  );
}

test('a cluster outlives its certificates, and takes up another authority', async () => {
  const cluster = new TestCluster({ size: 3, tls: { lifeMs } });
  onTestFinished(() => cluster.destroy());
  await cluster.startHealthy();
  const born = Date.now();
  const first = certificatesOf(cluster);
  const pids = cluster.nodes.map(({ etcdPid }) => etcdPid);
  const writer = cluster.writer();

  await waitUntil(
    () => certificatesOf(cluster).every((one) => Date.parse(one.validTo) > born + 2 * lifeMs),
    {
      what: 'every certificate was renewed',
      withinMs: 3 * lifeMs,
      explain: () => cluster.explain(),
    },
  );
  await waitUntil(() => first.every((one) => Date.parse(one.validTo) < Date.now()), {
    what: 'all of the first ones have run out',
    withinMs: 2 * lifeMs,
  });
  expect(cluster.nodes.map(({ etcdPid }) => etcdPid)).toEqual(pids);
  for (const [at, one] of certificatesOf(cluster).entries()) {
    expect(one.publicKey.equals(first[at]!.publicKey)).toBe(true);
    expect(one.subjectAltName).toBe(first[at]?.subjectAltName);
  }
  // Its connections to the others are made anew, and so shown certificates that live.
  await cluster.node(0).killEtcd();
  await cluster.isHealthy();
  await writer.hasWritten(20);

  const before = cluster.nodes.map(({ etcdPid }) => etcdPid);
  const fromMs = performance.now();
  const other = new CertificateAuthority('another');
  cluster.tls!.file('ca.crt', `${cluster.tls!.authority.certificate}${other.certificate}`);
  await waitUntil(() => cluster.nodes.every(({ etcdPid }, at) => etcdPid !== before[at]), {
    what: 'every etcd was restarted',
    withinMs: 60_000,
    explain: () => cluster.explain(),
  });
  await cluster.isHealthy();
  await writer.hasWritten(20);
  expect(writer.longestGapMs(fromMs)).toBeLessThan(5_000);
  await writer.stop();
  for (const node of cluster.nodes) await writer.assertAllAcknowledged(node.gateway);
});
