import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CertificateAuthority } from '../../support/certificates.ts';
import { TestCluster, type TestClusterOptions } from '../../support/cluster.ts';
import type { ClusterTls } from '../../support/cluster-tls.ts';
import { runE2d, type TestNode } from '../../support/test-node.ts';

interface Shown {
  readonly certificate: string;
  readonly key: string;
}

async function oneNode(options: Partial<TestClusterOptions>) {
  const cluster = new TestCluster({ size: 1, tls: {}, ...options });
  onTestFinished(() => cluster.destroy());
  await cluster.startHealthy();
  const { tls } = cluster;
  if (tls === null) throw new Error('the cluster speaks plain HTTP');
  return { node: cluster.node(0), tls };
}

/** Whether a listener answers HTTP to whoever shows this, or nothing. */
function getsIn(node: TestNode, port: number, shown: Shown | null): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect({
      host: node.host,
      port,
      rejectUnauthorized: false,
      ...(shown === null ? {} : { cert: shown.certificate, key: shown.key }),
    });
    socket.setTimeout(5_000, () => socket.destroy());
    socket.on('error', () => settle(false)).on('close', () => settle(false));
    socket.once('data', () => {
      settle(true);
      socket.destroy();
    });
    socket.write('GET /version HTTP/1.1\r\nHost: etcd\r\n\r\n');
  });
}

const [clientPort, peerPort] = [2379, 2380];

function clientOf({ client }: ClusterTls): Shown {
  return {
    certificate: readFileSync(client.certificate, 'utf8'),
    key: readFileSync(client.key, 'utf8'),
  };
}

describe('with an authority of the members alone', () => {
  test('each authority opens its own port, and nothing opens the other', async () => {
    const { node, tls } = await oneNode({ tls: { separatePeers: true } });
    const client = clientOf(tls);
    const member = tls.peerAuthority.issue('another member', ['127.0.0.1']);
    const ports = async (shown: Shown | null) => [
      await getsIn(node, clientPort, shown),
      await getsIn(node, peerPort, shown),
    ];
    expect(await ports(client)).toEqual([true, false]);
    expect(await ports(member)).toEqual([false, true]);
    expect(await ports(null)).toEqual([false, false]);
  });
});

describe('with --client-cert-auth=false', () => {
  test('clients need no certificate, members still do, and everybody is warned', async () => {
    const { node } = await oneNode({ flags: ['--client-cert-auth=false'] });
    expect(await getsIn(node, clientPort, null)).toBe(true);
    expect(await getsIn(node, peerPort, null)).toBe(false);
    const warning = /Clients of etcd are asked for no certificate/;
    expect(node.log).toMatch(warning);
    expect((await node.report()).warnings).toEqual([expect.stringMatching(warning)]);
  });
});

test('the commands that talk to etcd do it over TLS', async () => {
  const { node, tls } = await oneNode({});
  await node.gateway.put('kept', 'yes');
  const file = join(node.dataDir, 'saved.db');
  const save = (...flags: readonly string[]) =>
    runE2d('snapshot', 'save', '--host', node.host, '--output', file, ...flags);
  const saved = await save(...tls.flagsFor(node.host));
  expect(saved.code, saved.stderr).toBe(0);
  expect(readFileSync(file).includes('kept')).toBe(true);
  const stranger = new CertificateAuthority('stranger').issue('x', [], { usages: ['client'] });
  const bad = tls.pairFlags('client', tls.pairFiles('stranger', stranger));
  const refused = await save(...tls.flagsFor(node.host), ...bad);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(
    /No authority of \S+ca\.crt signed the certificate \S+stranger\.crt/,
  );
  expect((await save()).code, 'without TLS nothing answers').toBe(1);
});
