import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faultOf } from '../../../src/etcd/client/etcd-fault.ts';
import { askE2d, callE2d } from '../../support/call-e2d.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { GuardedCluster } from './guarded-cluster.ts';

async function codeOf(answer: Promise<unknown>): Promise<string> {
  return answer.then(
    () => 'ok',
    (problem) => faultOf(problem).code,
  );
}

/** One life of one cluster: each test goes on where the one before it ended. */
describe('a cluster that comes to demand users', () => {
  let guarded: GuardedCluster;
  let members: readonly string[];
  const node = (index: number) => guarded.cluster.node(index);
  const auth = (action: string, ...more: readonly string[]) =>
    askE2d('etcd', 'auth', action, ...more, ...guarded.ownFlags(node(0)));

  beforeAll(async () => {
    guarded = new GuardedCluster();
    guarded.cluster.start();
    members = await guarded.isWhole();
    await guarded.isRegistered();
  });
  afterAll(() => guarded.destroy());

  test('gets there although each attempt but the last is killed', async () => {
    const steps: string[] = [];
    for (const [run, step] of [2, 4, 5].entries()) {
      const told = await guarded.enableKilledAt(step, node(run));
      // The step that it died before is told again, by whoever takes it.
      steps.push(...told.slice(0, -1));
      expect(await auth('status')).toMatchObject({ enabled: false });
    }
    const enabled = { enabled: true, wasEnabled: false, e2dUsers: ['etcd client'] };
    expect(await auth('enable')).toEqual(enabled);
    expect(steps).toHaveLength(8);
    expect(new Set(steps).size).toBe(8);
    expect(await auth('status')).toMatchObject({
      enabled: true,
      users: [
        { user: 'etcd client', roles: ['e2d', 'root'] },
        { user: 'root', roles: ['root'] },
      ],
    });
  });

  test('gives an ordinary user its prefix and nothing else', async () => {
    const added = await callE2d('etcd', 'user-add', 'shop', '/shop/', ...guarded.ownFlags(node(0)));
    expect(added).toEqual({ exit: 0, out: '', err: '' });
    for (const at of guarded.cluster.nodes) {
      const shop = await guarded.as('shop', at);
      expect(await codeOf(shop.put('/shop/a', 'kept'))).toBe('ok');
      expect((await shop.get('/shop/a'))?.value).toBe('kept');
      expect(await codeOf(shop.put('/shop', 'x'))).toBe('permission');
      expect(await codeOf(shop.get('/_e2d/cluster'))).toBe('permission');
      expect(await codeOf(shop.remove(members[0] ?? ''))).toBe('permission');
    }
    const nobody = await guarded.as('nobody', node(0));
    expect(await codeOf(nobody.get('/shop/a'))).toBe('permission');
  });

  test('keeps a member whose e2d is no user, until the key of the authority lets it in', async () => {
    const { tls } = guarded;
    const pair = tls.authority.issue('stranger', [], { usages: ['client'] });
    const asStranger = tls.pairFlags('client', tls.pairFiles('stranger', pair));
    await node(2).stop();
    const from = node(2).log.length;
    node(2).start(...asStranger);
    await node(2).hasLogged(/does not let e2d in/, 30_000, from);
    await node(2).hasLogged(/give e2d a --client-cert whose CN is a user/, 5_000, from);

    const enabled = await auth('enable', '--e2d-user', 'stranger', ...asStranger);
    expect(enabled).toMatchObject({ wasEnabled: true, e2dUsers: ['etcd client', 'stranger'] });
    expect(await guarded.isWhole()).toEqual(members);
  });

  test('replaces the member that has lost its disk', async () => {
    await node(1).killBoth();
    await node(1).loseDisk();
    node(1).start();
    const after = await waitUntil(
      async () => {
        const ids = await guarded.isWhole();
        return ids.some((id) => !members.includes(id)) ? ids : null;
      },
      { what: 'the lost member is replaced', withinMs: 60_000 },
    );
    expect(after.filter((id) => !members.includes(id))).toHaveLength(1);
    members = after;
  });

  test('has its snapshots taken, and proven by a restore', async () => {
    const flags = [...guarded.ownFlags(node(0)), ...guarded.storeFlags];
    const { record } = await askE2d('snapshot', 'save', ...flags);
    const { id } = record as { readonly id: string };
    const { verdicts } = await askE2d('snapshot', 'verify', '--restore', id, ...guarded.storeFlags);
    expect(verdicts).toEqual([
      expect.objectContaining({
        ...{ id, sound: true },
        sentence: expect.stringMatching(/it holds \d+ keys, and its hash .* is the one recorded/),
      }),
    ]);
  });

  test('loses everything, and comes back demanding them', async () => {
    const revision = Number(await (await guarded.as('shop', node(0))).put('/shop/a', 'last'));
    const { lineage } = await guarded.shelf.hasSnapshot(revision);
    await Promise.all(guarded.cluster.nodes.map((one) => one.killBoth()));
    await Promise.all(guarded.cluster.nodes.map((one) => one.loseDisk()));
    guarded.cluster.start();
    expect((await guarded.isWhole()).some((id) => members.includes(id))).toBe(false);
    const marker = await (await guarded.as('root', node(0))).get('/_e2d/snapshot');
    expect(JSON.parse(marker?.value ?? '{}')).toMatchObject({ from: lineage });
    const shop = await guarded.as('shop', node(1));
    expect((await shop.get('/shop/a'))?.value).toBe('last');
    expect(await codeOf(shop.get('/_e2d/snapshot'))).toBe('permission');
    await guarded.isRegistered();
  });
});
