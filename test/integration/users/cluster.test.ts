import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { createEtcdEndpoint } from '../../../src/etcd/client/create-endpoint.ts';
import type { EtcdEndpoint } from '../../../src/etcd/client/endpoint.ts';
import { faultOf } from '../../../src/etcd/client/etcd-fault.ts';
import { askE2d, callE2d } from '../../support/call-e2d.ts';
import { TestCluster } from '../../support/cluster.ts';
import { fileShelf } from '../../support/shelf.ts';
import type { TestNode } from '../../support/test-node.ts';
import { waitUntil } from '../../support/wait-until.ts';

const flags = ['--health-check-timeout', '5s', '--max-removals-per-hour', '100'];
const noGateway = '--etcd-extra-args=--enable-grpc-gateway=false';

async function guardedCluster() {
  const { shelf, remove } = fileShelf();
  onTestFinished(remove);
  const options = { size: 3, tls: {}, flags: [...flags, noGateway, ...shelf.flags] };
  const cluster = new TestCluster(options);
  onTestFinished(() => cluster.destroy());
  const { tls, folder } = cluster;
  if (tls === null) throw new Error('the cluster has no certificates');
  const opened: EtcdEndpoint[] = [];
  onTestFinished(() => {
    for (const one of opened) one.close();
  });
  const ca = readFileSync(tls.caFile);
  const shown = new Map<string, { certificate: Buffer; key: Buffer }>();
  /** As `e2d etcd issue` makes somebody a user. */
  const as = async (user: string, node: TestNode): Promise<EtcdEndpoint> => {
    const known = shown.get(user) ?? (await issued(user));
    shown.set(user, known);
    const endpoint = createEtcdEndpoint(`https://${node.endpoint}`, { tls: { ca, ...known } });
    opened.push(endpoint);
    return endpoint;
  };
  const issued = async (user: string) => {
    const authority = ['--ca-cert', tls.caFile, '--ca-key', tls.caKeyFile];
    const command = user === 'root' ? ['root-issue'] : ['issue', '-ttl=1h', user];
    const { out } = await callE2d('etcd', ...command, ...authority);
    const { certificate, private_key: key } = JSON.parse(out) as Record<string, string>;
    return { certificate: Buffer.from(certificate ?? ''), key: Buffer.from(key ?? '') };
  };
  /** What leads a command to the etcd of a node. */
  const own = ({ host }: TestNode) => ['--host', host, '-n', '3', ...tls.flagsFor(host)];
  return { shelf, cluster, folder, as, own };
}

type Guarded = Awaited<ReturnType<typeof guardedCluster>>;

/** Every node runs a voter that serves, and the member list has nobody else. */
async function isWhole({ cluster, as }: Guarded): Promise<readonly string[]> {
  const explain = () => cluster.explain();
  const ids = await waitUntil(
    async () => {
      for (const node of cluster.nodes) {
        const { members } = await (await as('root', node)).memberList();
        if (members.length !== 3 || members.some(({ learner, name }) => learner || !name)) {
          return null;
        }
      }
      const { members } = await (await as('root', cluster.node(0))).memberList();
      return members.map(({ id }) => id);
    },
    { what: 'all three are voters', withinMs: 45_000, explain },
  );
  await Promise.all(cluster.nodes.map((node) => node.isSettled()));
  return ids;
}

async function codeOf(answer: Promise<unknown>): Promise<string> {
  return answer.then(
    () => 'ok',
    (problem) => faultOf(problem).code,
  );
}

test('a cluster that demands users loses a disk, and then everything, and comes back', async () => {
  const guarded = await guardedCluster();
  const { cluster, shelf, as, own } = guarded;
  const [first, last] = [cluster.node(0), cluster.node(2)];
  cluster.start();
  const before = await isWhole(guarded);

  const registered = async () => {
    const { e2d } = await askE2d('etcd', 'auth', 'status', ...own(first));
    return (e2d as readonly unknown[]).length === 3;
  };
  await waitUntil(registered, { what: 'every e2d has told who it is', withinMs: 20_000 });
  expect(await askE2d('etcd', 'auth', 'enable', ...own(first))).toEqual({
    enabled: true,
    wasEnabled: false,
    e2dUsers: ['etcd client'],
  });
  expect(await callE2d('etcd', 'user-add', 'shop', '/shop/', ...own(first))).toEqual({
    ...{ exit: 0, out: '', err: '' },
  });
  const shop = await as('shop', first);
  const revision = Number(await shop.put('/shop/a', 'kept'));
  expect(await codeOf(shop.put('/other', 'x'))).toBe('permission');

  await last.killBoth();
  await last.loseDisk();
  last.start();
  const after = await waitUntil(
    async () => {
      const ids = await isWhole(guarded);
      return ids.some((id) => !before.includes(id)) ? ids : null;
    },
    { what: 'the lost member is replaced', withinMs: 60_000 },
  );
  expect(after.filter((id) => !before.includes(id))).toHaveLength(1);

  const snapshot = await shelf.hasSnapshot(revision);
  expect(snapshot.hashKv).not.toBeNull();
  await Promise.all(cluster.nodes.map((node) => node.killBoth()));
  await Promise.all(cluster.nodes.map((node) => node.loseDisk()));
  cluster.start();
  const restored = await isWhole(guarded);
  expect(restored.some((id) => after.includes(id))).toBe(false);
  const marker = await (await as('root', first)).get('/_e2d/snapshot');
  expect(JSON.parse(marker?.value ?? '{}')).toMatchObject({ from: snapshot.lineage });
  const again = await as('shop', cluster.node(1));
  expect((await again.get('/shop/a'))?.value).toBe('kept');
  expect(await codeOf(again.get('/_e2d/snapshot'))).toBe('permission');
  await waitUntil(registered, { what: 'every e2d has told who it is', withinMs: 20_000 });
  expect(await askE2d('etcd', 'auth', 'status', ...own(last))).toMatchObject({
    enabled: true,
    users: [
      { user: 'etcd client', roles: ['e2d', 'root'] },
      { user: 'root', roles: ['root'] },
      { user: 'shop', roles: ['shop'] },
    ],
  });
});

test('an e2d that is no user says so, and one with the key of the authority lets it in', async () => {
  const guarded = await guardedCluster();
  const { cluster, folder, as, own } = guarded;
  const [first, last] = [cluster.node(0), cluster.node(2)];
  cluster.start();
  const before = await isWhole(guarded);
  const root = await as('root', first);
  await waitUntil(async () => (await callE2d('etcd', 'auth', 'enable', ...own(first))).exit === 0, {
    what: 'users are demanded',
    withinMs: 20_000,
  });
  const stranger = cluster.tls?.pairFiles(
    'stranger',
    cluster.tls.authority.issue('stranger', [], { usages: ['client'] }),
  );
  if (cluster.tls === null || stranger === undefined) throw new Error(folder);
  const asStranger = cluster.tls.pairFlags('client', stranger);
  await last.stop();
  const from = last.log.length;
  last.start(...asStranger);
  await last.hasLogged(/does not let e2d in/, 30_000, from);
  await last.hasLogged(/give e2d a --client-cert whose CN is a user/, 5_000, from);
  expect((await root.memberList()).members.map(({ id }) => id).sort()).toEqual([...before].sort());

  const enabled = await askE2d(
    ...['etcd', 'auth', 'enable', '--e2d-user', 'stranger', ...own(first), ...asStranger],
  );
  expect(enabled).toMatchObject({ wasEnabled: true, e2dUsers: ['etcd client', 'stranger'] });
  expect(await isWhole(guarded)).toEqual(before);
});
