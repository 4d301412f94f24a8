import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Member } from '../../../machines/facts.ts';
import { reachOverTls } from '../../support/client-access.ts';
import { TestCluster } from '../../support/cluster.ts';
import { expectEqualData } from '../../support/cluster-assertions.ts';
import { ClusterTls } from '../../support/cluster-tls.ts';
import { ContinuousWriter } from '../../support/continuous-writer.ts';
import { EtcdGateway } from '../../support/etcd-gateway.ts';
import type { TestNode } from '../../support/test-node.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** An election, and the time that a write may wait for a member that has just stopped. */
const electionMs = 4_000;

const flags = ['--health-check-timeout', '60s', '--health-check-interval', '1s'];

test('a cluster of 3 goes from plain HTTP to TLS while clients write', async () => {
  const cluster = new TestCluster({ size: 3, flags });
  onTestFinished(() => cluster.destroy());
  const tls = new ClusterTls(cluster.folder);
  const tlsFlags = new Map(cluster.nodes.map((node) => [node, tls.flagsFor(node.host)] as const));
  const before = await cluster.startHealthy();
  await Promise.all(cluster.nodes.map((node) => node.isSettled()));
  const recorder = cluster.recorder();
  const inPlain = cluster.writer();
  const [first] = cluster.nodes;
  if (first === undefined) throw new Error('the cluster has no nodes');

  const startAt = (node: TestNode, ...step: readonly string[]) =>
    node.start(...(tlsFlags.get(node) ?? []), ...gatewayFlags(tls), ...step);
  const restartAt = async (node: TestNode, ...step: readonly string[]) => {
    await node.stop();
    startAt(node, ...step);
  };
  const secure = () => cluster.nodes.map(({ endpoint }) => new EtcdGateway(endpoint));

  // Out of its turn: the others would not find this node any more.
  await restartAt(first, '--tls-migration', 'switch');
  expect(await first.hasExited(20_000)).toMatchObject({ code: 2 });
  expect(first.log).toMatch(/The other members look for this node over plain HTTP only/);

  startAt(first, '--tls-migration', 'prepare');
  await isListed(cluster, (one) => peerSchemes(one) === 'http,https', [first]);
  const { peers } = await first.report();
  expect(peers.map(({ liveness }) => liveness)).toEqual(['alive', 'alive']);
  for (const node of cluster.nodes.slice(1)) {
    await restartAt(node, '--tls-migration', 'prepare');
    await isListed(cluster, (one) => peerSchemes(one) === 'http,https', [node]);
  }
  await hasWarning(first, /TLS migration: n\d, n\d, n\d prepared\. Next: restart .*=switch/);

  for (const { endpoint } of cluster.nodes) reachOverTls(endpoint, tls.client);
  const endpoints = cluster.nodes.map(({ endpoint }) => endpoint);
  const overTls = new ContinuousWriter(endpoints, 10, '/over-tls/');
  onTestFinished(() => overTls.stop());
  for (const node of cluster.nodes) {
    await restartAt(node, '--tls-migration', 'switch');
    await isListed(cluster, (one) => one.clientUrls.join().startsWith('https:'), [node]);
    await answers(new EtcdGateway(node.endpoint));
  }
  await hasWarning(first, /switched to TLS among members\. Plain HTTP is still served/);
  await inPlain.hasWritten(5);
  await inPlain.stop();

  for (const node of cluster.nodes) {
    await restartAt(node);
    await waitUntil(
      async () => {
        const { members } = await new EtcdGateway(node.endpoint).members({ linearizable: true });
        return peerSchemes(members.find(({ name }) => name === node.name)) === 'https';
      },
      {
        what: `${node.name} is reached over TLS only`,
        withinMs: 30_000,
        explain: explain(cluster),
      },
    );
  }
  await waitUntil(() => cluster.nodes.every((node) => !existsSync(registerOf(node))), {
    what: 'every node has seen the end of it',
    withinMs: 20_000,
    explain: explain(cluster),
  });
  expect((await first.report()).warnings.join()).not.toMatch(/TLS migration/);
  await expect(first.gateway.status()).rejects.toThrow();

  await overTls.hasWritten(5);
  for (const gateway of secure()) {
    expect(await inPlain.assertAllAcknowledged(gateway)).toBeGreaterThan(100);
    expect(await overTls.assertAllAcknowledged(gateway)).toBeGreaterThan(100);
  }
  await expectEqualData(secure().map((gateway) => ({ gateway })));
  expect(Math.max(inPlain.longestGapMs(), overTls.longestGapMs())).toBeLessThan(electionMs);
  expect([...recorder.clusterIds]).toEqual([before.clusterId]);
  expect([...recorder.memberIds].sort()).toEqual(before.members.map(({ id }) => id).sort());
});

/** This test asks etcd in JSON, over TLS too. */
function gatewayFlags({ client: { certificate, key } }: ClusterTls): readonly string[] {
  const own = `--client-cert-file=${certificate} --client-key-file=${key}`;
  return ['--etcd-extra-args', `--enable-grpc-gateway=true ${own}`];
}

function peerSchemes(member: Member | undefined): string {
  return (member?.peerUrls ?? []).map((url) => new URL(url).protocol.slice(0, -1)).join();
}

/** By what each node's own member says in plain, to which the etcd of an earlier step answers. */
async function isListed(
  cluster: TestCluster,
  isSo: (member: Member) => boolean,
  nodes: readonly TestNode[],
): Promise<void> {
  await waitUntil(
    async () => {
      const lists = await Promise.all(
        nodes.map(async (node) => {
          const { members } = await node.gateway.members({ linearizable: true });
          return members.find(({ name }) => name === node.name);
        }),
      );
      return lists.every((member) => member !== undefined && isSo(member));
    },
    {
      what: `the members of ${nodes.map(({ name }) => name)} are listed so`,
      withinMs: 30_000,
      explain: explain(cluster),
    },
  );
}

async function answers(gateway: EtcdGateway): Promise<void> {
  await waitUntil(() => gateway.readLinearizably().then(() => true), {
    what: `${gateway.endpoint} answers over TLS`,
    withinMs: 20_000,
  });
}

async function hasWarning(node: TestNode, pattern: RegExp): Promise<void> {
  await waitUntil(async () => pattern.test((await node.report()).warnings.join('\n')), {
    what: `the status of ${node.name} says ${pattern}`,
    withinMs: 20_000,
    explain: () => node.explain(),
  });
}

function registerOf(node: TestNode): string {
  return join(node.dataDir, 'e2d', 'tls-migration.json');
}

function explain(cluster: TestCluster): () => Promise<string> {
  return () => cluster.explain();
}
