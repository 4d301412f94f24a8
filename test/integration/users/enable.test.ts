import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { EtcdEndpoint } from '../../../src/etcd/client/endpoint.ts';
import { faultOf } from '../../../src/etcd/client/etcd-fault.ts';
import { hasJsonGateway } from '../../../src/etcd/client/json-gateway.ts';
import { addUser } from '../../../src/etcd/users/add-user.ts';
import { registerE2dUser } from '../../../src/etcd/users/e2d-users.ts';
import { type EnableAuth, enableAuth } from '../../../src/etcd/users/enable-auth.ts';
import { prefixRange } from '../../../src/etcd/users/key-range.ts';
import type { Permission } from '../../../src/etcd/users/user-admin.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { GuardedEtcd, type GuardedOptions } from './guarded-etcd.ts';

const bounds = { timeoutMs: 5_000 };

async function guarded(options?: GuardedOptions): Promise<GuardedEtcd> {
  const etcd = await GuardedEtcd.start(options);
  onTestFinished(() => etcd.stop());
  return etcd;
}

function request(etcd: GuardedEtcd, over: Partial<EnableAuth> = {}): EnableAuth {
  const ownUser = over.ownUser ?? 'etcd peer';
  return {
    endpoint: etcd.as(ownUser),
    admin: etcd.admin(ownUser),
    asE2d: (url) => etcd.as(ownUser, url),
    asStranger: (url) => etcd.as(null, url),
    hasJsonGateway: (url) => hasJsonGateway(url, etcd.tls(ownUser), bounds),
    ...{ ownUser, moreUsers: [], bounds, onStep: () => undefined },
    ...over,
  };
}

/** As the e2d of each member does by itself. */
async function register(endpoint: EtcdEndpoint, user: string): Promise<void> {
  for (const { id, name } of (await endpoint.memberList()).members) {
    await registerE2dUser(endpoint, id, { user, node: name, bounds });
  }
}

async function codeOf(answer: Promise<unknown>): Promise<string> {
  return answer.then(
    () => 'ok',
    (problem) => faultOf(problem).code,
  );
}

describe('etcd with users', () => {
  let etcd: GuardedEtcd;
  /** How often it took another run because one had died. */
  let runs = 0;

  beforeAll(async () => {
    etcd = await GuardedEtcd.start();
    await register(etcd.as('etcd peer'), 'etcd peer');
    await etcd.as('etcd peer').put('/foreign', 'value');
  });
  afterAll(() => etcd.stop());

  test('comes about by runs that each die after one step, and never locks e2d out', async () => {
    const steps: string[] = [];
    for (let isDone = false; !isDone && runs < 30; runs += 1) {
      let taken = 0;
      const onStep = (sentence: string) => {
        taken += 1;
        if (taken > 1) throw new Error('killed');
        steps.push(sentence);
      };
      isDone = await enableAuth(request(etcd, { onStep })).then(
        () => true,
        (problem: Error) => {
          if (problem.message !== 'killed') throw problem;
          return false;
        },
      );
      expect(await codeOf(etcd.as('etcd peer').put('/_e2d/alive', 'yes'))).toBe('ok');
    }
    expect(steps.at(-1)).toMatch(/answer its users only/);
    expect(new Set(steps).size).toBe(steps.length);
    expect(steps.length).toBe(runs);
    expect(await etcd.admin('etcd peer').isEnabled()).toBe(true);
    expect(await etcd.admin('etcd peer').rolesOf('etcd peer')).toEqual(['e2d', 'root']);
    expect(await etcd.admin('root').rolesOf('root')).toEqual(['root']);
  });

  test('is left alone by another run, but for users that are new', async () => {
    const steps: string[] = [];
    const onStep = (sentence: string) => steps.push(sentence);
    const again = await enableAuth(request(etcd, { onStep }));
    expect({ again, steps }).toEqual({
      again: { wasEnabled: true, e2dUsers: ['etcd peer'] },
      steps: [],
    });
    const more = await enableAuth(request(etcd, { moreUsers: ['other'], onStep }));
    expect(more.e2dUsers).toEqual(['etcd peer', 'other']);
    expect(steps).toHaveLength(3);
    expect(await codeOf(etcd.as('other').put('/_e2d/x', ''))).toBe('ok');
  });

  test('tells who is no user that it is well, and nothing else', async () => {
    const nobody = etcd.as('nobody');
    expect(await codeOf(nobody.linearizableRead())).toBe('ok');
    expect(await codeOf(nobody.serializableRead())).toBe('ok');
    await expect(nobody.get('/foreign')).rejects.toMatchObject({
      code: 'permission',
      message: expect.stringContaining('give e2d a --client-cert whose CN is a user'),
    });
    expect(await codeOf(nobody.remove('1'))).toBe('unauthenticated');
    expect(await codeOf(nobody.hashKv(1))).toBe('unauthenticated');
    const { signal } = new AbortController();
    expect(await codeOf(nobody.snapshot({ signal }))).toBe('unauthenticated');
    expect(await etcd.admin('nobody').isEnabled()).toBe(true);
  });

  test('lets e2d do all that it does', async () => {
    const e2d = etcd.as('etcd peer');
    const { revision, memberId } = await e2d.status();
    expect((await e2d.hashKv(revision)).revision).toBe(revision);
    const abort = new AbortController();
    expect((await e2d.snapshot({ signal: abort.signal })).totalBytes).toBeGreaterThan(0);
    abort.abort();
    const added = await e2d.addLearner(['http://127.0.0.1:1']);
    expect(await codeOf(e2d.promote(added.memberId))).toBe('learner-not-ready');
    expect((await e2d.remove(added.memberId)).members.map(({ id }) => id)).toEqual([memberId]);
    const lease = await e2d.grantLease(10);
    await e2d.transact({
      conditions: [{ key: '/_e2d/lock', createRevision: '0' }],
      success: [{ kind: 'put', key: '/_e2d/lock', value: '', leaseId: lease }],
    });
    await e2d.revokeLease(lease);
    expect(await e2d.get('/_e2d/lock')).toBeNull();
  });

  test('gives an added user its prefix alone', async () => {
    const admin = etcd.admin('etcd peer');
    await addUser(admin, { user: 'shop', prefix: '/shop/' }, bounds);
    const shop = etcd.as('shop');
    expect(await codeOf(shop.put('/shop/a', '1'))).toBe('ok');
    expect(await codeOf(shop.put('/shop0', '1'))).toBe('permission');
    expect(await codeOf(shop.put('/sho', '1'))).toBe('permission');
    expect(await codeOf(shop.get('/_e2d/cluster'))).toBe('permission');
    await expect(addUser(admin, { user: 'shop', prefix: '/shop/' }, bounds)).rejects.toMatchObject({
      code: 'E2D_USER_EXISTS',
    });
  });

  test('has a user added wholly that was added by half', async () => {
    const admin = etcd.admin('etcd peer');
    await admin.addRole('half');
    await admin.permit('half', { kind: 'readwrite', ...prefixRange('/half/') });
    await admin.addUser('half');
    await addUser(admin, { user: 'half', prefix: '/half/' }, bounds);
    expect(await codeOf(etcd.as('half').put('/half/a', '1'))).toBe('ok');
    const wide: Permission = { kind: 'readwrite', ...prefixRange('/') };
    await admin.addRole('wide');
    await admin.permit('wide', wide);
    await expect(addUser(admin, { user: 'wide', prefix: '/wide/' }, bounds)).rejects.toMatchObject({
      code: 'E2D_USER_EXISTS',
    });
    expect(await admin.rolesOf('wide')).toBeNull();
  });

  test('answers anybody again when it is told to', async () => {
    await etcd.admin('etcd peer').disable();
    expect(await etcd.admin('nobody').isEnabled()).toBe(false);
    expect(await codeOf(etcd.as('nobody').get('/foreign'))).toBe('ok');
  });
});

describe('users are not demanded, and none is made, where', () => {
  async function expectRefused(etcd: GuardedEtcd, over: Partial<EnableAuth>, sentence: RegExp) {
    await expect(enableAuth(request(etcd, over))).rejects.toMatchObject({
      code: 'E2D_AUTH_UNSAFE',
      message: expect.stringMatching(sentence),
    });
    expect(await etcd.admin('x').users()).toEqual([]);
    expect(await etcd.admin('x').isEnabled()).toBe(false);
  }

  test('an e2d has not told who it is, has no name, or is called root', async () => {
    const etcd = await guarded();
    await expectRefused(etcd, {}, /e2d of member m0 has not told which certificate/);
    await expectRefused(etcd, { ownUser: 'root' }, /has the CN root/);
    await expectRefused(etcd, { ownUser: '' }, /has no CN/);
    await register(etcd.as('x'), 'root');
    await expectRefused(etcd, {}, /has the CN root/);
  });

  test('clients need no certificate', async () => {
    const etcd = await guarded({ clientCertAuth: false });
    await register(etcd.as('x'), 'etcd peer');
    await expectRefused(etcd, {}, /m0 asks for no certificate/);
  });

  test('a member answers JSON, which would lend the rights of e2d', async () => {
    const etcd = await guarded({ gateway: true });
    await register(etcd.as('x'), 'etcd peer');
    await expectRefused(etcd, {}, /m0 answers JSON/);
  });

  test('a member is away, or quorum is', async () => {
    const etcd = await guarded({ size: 3 });
    const [second, third] = [etcd.cluster.member(1), etcd.cluster.member(2)];
    await register(etcd.as('x'), 'etcd peer');
    await third.kill();
    const leads = () => codeOf(etcd.as('x').linearizableRead());
    await waitUntil(async () => (await leads()) === 'ok', {
      what: 'the other two have a leader',
      withinMs: 20_000,
    });
    await expectRefused(etcd, {}, /m2 does not answer/);
    await second.kill();
    expect(withoutQuorum).toContain(await codeOf(enableAuth(request(etcd))));

    second.restart();
    third.restart();
    const awake = async () => (await enableAuth(request(etcd))).e2dUsers;
    await waitUntil(awake, { what: 'users are demanded', withinMs: 20_000 });
    // A follower tells its leader of a promotion, not who asks for it, and tries in vain.
    const asked = etcd.cluster.clientUrls.map(async (url) => {
      const e2d = etcd.as('etcd peer', url);
      const { memberId, leaderId } = await e2d.status();
      const answer = await codeOf(e2d.promote('1', { timeoutMs: 2_000 }));
      return [memberId === leaderId ? 'leader' : 'follower', answer];
    });
    expect((await Promise.all(asked)).sort()).toEqual([
      ['follower', 'deadline'],
      ['follower', 'deadline'],
      ['leader', 'not-found'],
    ]);
    await Promise.all([second.kill(), third.kill()]);
    // A refusal must never pass for the health that it is taken for while there is a quorum.
    expect(withoutQuorum).toContain(await codeOf(etcd.as('nobody').linearizableRead()));
  });
});

const withoutQuorum = ['deadline', 'no-leader'];
