import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MemberId, Peer } from '../../../machines/facts.ts';
import type { MembershipChange } from '../../../machines/membership/evidence.ts';
import type { EtcdEndpoint } from '../../../src/etcd/client/endpoint.ts';
import { createEndpointPool, type EndpointPool } from '../../../src/etcd/client/endpoint-pool.ts';
import { loadEtcd3 } from '../../../src/etcd/client/load-etcd3.ts';
import { changeMembership, replaceMember } from '../../../src/etcd/membership/change-membership.ts';
import {
  readClusterRecord,
  writeClusterRecord,
} from '../../../src/etcd/membership/cluster-record.ts';
import { changeKey, lockKey, removalKey } from '../../../src/etcd/membership/keys.ts';
import type { MembershipDeps } from '../../../src/etcd/membership/locked-work.ts';
import { acquireLock } from '../../../src/etcd/membership/membership-lock.ts';
import {
  type EtcdCluster,
  type EtcdProcess,
  healthy,
  initialClusterOf,
  startEtcdCluster,
} from '../../support/etcd-launcher.ts';
import { waitUntil } from '../../support/wait-until.ts';

const policy = {
  healthCheckTimeoutMs: 1_000,
  learnerTimeoutMs: 1_000,
  maxRemovalsPerHour: 2,
  learnerLagMaxEntries: 100,
};

/** A node of gossip that goes with an etcd member. */
function peerOf(member: EtcdProcess, liveness: Peer['liveness'] = 'alive'): Peer {
  return {
    nodeId: member.name,
    name: member.name,
    liveness,
    peerUrl: member.peerUrl,
    clientUrl: member.clientUrl,
    requiredSize: 3,
    status: 'running',
    data: 'readable',
    clusterId: null,
    lineage: null,
    plan: null,
    unreachable: [],
    etcdVersion: '',
    e2dVersion: '',
  };
}

let cluster: EtcdCluster;
let endpoints: EndpointPool;

beforeAll(loadEtcd3);

beforeEach(() => {
  endpoints = createEndpointPool();
});

afterEach(async () => {
  endpoints.close();
  await cluster.stop();
});

/** What node 0 would have at hand, with the others as its peers. */
function depsOf(overrides: Partial<MembershipDeps> = {}): MembershipDeps {
  return {
    endpoint: endpoints.at(cluster.member(0).clientUrl),
    endpoints,
    peers: () => cluster.members.slice(1).map((member) => peerOf(member)),
    requiredSize: 3,
    policy,
    nodeName: 'm0',
    clock: globalThis,
    ...overrides,
  };
}

async function memberIdOf(member: EtcdProcess): Promise<MemberId> {
  const { members } = await endpoints.at(cluster.member(0).clientUrl).memberList();
  const found = members.find(({ peerUrls }) => peerUrls.includes(member.peerUrl));
  if (found === undefined) throw new Error(`${member.name} is not in the member list`);
  return found.id;
}

async function memberThatIs(role: string): Promise<EtcdProcess> {
  for (const member of cluster.members) {
    const { leaderId, memberId } = await endpoints.at(member.clientUrl).status();
    if ((leaderId === memberId) === (role === 'leader')) return member;
  }
  throw new Error(`no member is the ${role}`);
}

/** Members must have been connected for seconds before etcd's own gate lets the list be changed. */
async function settled(): Promise<void> {
  const endpoint = endpoints.at(cluster.member(0).clientUrl);
  const probe = 'http://127.0.0.1:1';
  await waitUntil(
    async () => {
      const { memberId } = await endpoint.addLearner([probe]);
      await endpoint.remove(memberId);
      return true;
    },
    { what: 'etcd lets members be changed', withinMs: 30_000 },
  );
}

async function expectUnlocked(endpoint: EtcdEndpoint): Promise<void> {
  expect(await endpoint.get(lockKey)).toBeNull();
  expect(await endpoint.get(changeKey)).toBeNull();
}

describe('growing from one member', () => {
  beforeEach(async () => {
    cluster = await startEtcdCluster(1);
  });

  test('adds a learner, which keeps quorum, and promotes it once it has caught up', async () => {
    const blank = await cluster.addBlank();
    const deps = depsOf();
    const added = await changeMembership({ kind: 'addLearner', peerUrl: blank.peerUrl }, deps);
    if (added.kind !== 'done') throw new Error(JSON.stringify(added));
    expect(added.members.members).toHaveLength(2);
    await expect(deps.endpoint.linearizableRead()).resolves.toBeUndefined();
    await expectUnlocked(deps.endpoint);

    const promote: MembershipChange = { kind: 'promote', memberId: added.memberId };
    expect(await changeMembership(promote, deps)).toMatchObject({
      kind: 'refused',
      refusal: { rule: 'S13' },
    });

    blank.start('existing', initialClusterOf(cluster.members));
    const promoted = await waitUntil(
      async () => {
        const outcome = await changeMembership(promote, deps);
        return outcome.kind === 'done' && outcome;
      },
      { what: 'the learner is promoted', withinMs: 20_000, everyMs: 50 },
    );
    expect(promoted.members.members.map(({ learner }) => learner)).toEqual([false, false]);
    await healthy(blank);
  });

  test('a second learner is refused, and a member with that address too', async () => {
    const [a, b] = [await cluster.addBlank(), await cluster.addBlank()];
    await changeMembership({ kind: 'addLearner', peerUrl: a.peerUrl }, depsOf());
    for (const { peerUrl } of [a, b]) {
      const outcome = await changeMembership({ kind: 'addLearner', peerUrl }, depsOf());
      expect(outcome).toMatchObject({ kind: 'refused', refusal: { rule: 'S13' } });
    }
    const { members } = await depsOf().endpoint.memberList();
    expect(members).toHaveLength(2);
  });

  test('a learner that does not get there is removed, and does not count to the cap', async () => {
    const blank = await cluster.addBlank();
    const deps = depsOf();
    const added = await changeMembership({ kind: 'addLearner', peerUrl: blank.peerUrl }, deps);
    if (added.kind !== 'done') throw new Error(JSON.stringify(added));
    const removal = (heldMs: number): MembershipChange => ({
      kind: 'remove',
      memberId: added.memberId,
      ground: { kind: 'staleLearner', heldMs },
    });
    expect((await changeMembership(removal(10), deps)).kind).toBe('refused');
    expect(await changeMembership(removal(5_000), deps)).toMatchObject({
      kind: 'done',
      members: { members: { length: 1 } },
    });
    expect(await deps.endpoint.get(removalKey(added.memberId))).toBeNull();
  });

  test('two managers at once never make two learners', async () => {
    const blanks = [await cluster.addBlank(), await cluster.addBlank()];
    const outcomes = await Promise.all(
      blanks.map(({ peerUrl, name }) =>
        changeMembership({ kind: 'addLearner', peerUrl }, depsOf({ nodeName: name })),
      ),
    );
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['busy', 'done']);
    const busy = outcomes.findIndex(({ kind }) => kind === 'busy');
    expect(outcomes[busy]).toEqual({
      kind: 'busy',
      holder: {
        node: blanks[1 - busy]?.name,
        change: `add learner ${blanks[1 - busy]?.peerUrl}`,
      },
    });
    const { members } = await depsOf().endpoint.memberList();
    expect(members.filter(({ learner }) => learner)).toHaveLength(1);
  });

  test('the lock of a holder that died passes on when its lease ends', async () => {
    const blank = await cluster.addBlank();
    const deps = depsOf();
    const dead = await acquireLock(deps.endpoint, { node: 'dead', change: 'x' }, {});
    if (dead.kind !== 'held') throw new Error('the lock was not free');
    const takenAt = performance.now();
    const add: MembershipChange = { kind: 'addLearner', peerUrl: blank.peerUrl };
    expect(await changeMembership(add, deps)).toEqual({
      kind: 'busy',
      holder: { node: 'dead', change: 'x' },
    });
    await waitUntil(async () => (await changeMembership(add, deps)).kind === 'done', {
      what: 'the lock passes on',
      withinMs: 20_000,
    });
    expect(performance.now() - takenAt).toBeGreaterThan(8_000);
  });

  test('a holder whose lock was lost meanwhile changes nothing', async () => {
    const blank = await cluster.addBlank();
    const { endpoint } = depsOf();
    const overtaken: EtcdEndpoint = {
      ...endpoint,
      async memberList(options) {
        const list = await endpoint.memberList(options);
        await endpoint.transact({ conditions: [], success: [{ kind: 'delete', key: lockKey }] });
        return list;
      },
    };
    const add: MembershipChange = { kind: 'addLearner', peerUrl: blank.peerUrl };
    expect(await changeMembership(add, depsOf({ endpoint: overtaken }))).toMatchObject({
      kind: 'failed',
      fault: { code: 'lock-lost' },
    });
    expect((await endpoint.memberList()).members).toHaveLength(1);
  });

  test('aborted half-way it gives the lock back', async () => {
    const blank = await cluster.addBlank();
    const abort = new AbortController();
    const { endpoint } = depsOf();
    const slow: EtcdEndpoint = {
      ...endpoint,
      async memberList(options) {
        abort.abort();
        return endpoint.memberList(options);
      },
    };
    const add: MembershipChange = { kind: 'addLearner', peerUrl: blank.peerUrl };
    const deps = depsOf({ endpoint: slow, signal: abort.signal });
    expect(await changeMembership(add, deps)).toMatchObject({
      kind: 'failed',
      fault: { code: 'aborted' },
    });
    await expectUnlocked(endpoint);
    expect((await endpoint.memberList()).members).toHaveLength(1);
  });

  test('without a majority of gossip nothing is changed', async () => {
    const blank = await cluster.addBlank();
    const add: MembershipChange = { kind: 'addLearner', peerUrl: blank.peerUrl };
    expect(await changeMembership(add, depsOf({ peers: () => [] }))).toMatchObject({
      kind: 'refused',
      refusal: { rule: 'S10' },
    });
    await expectUnlocked(depsOf().endpoint);
  });

  test('the record of a cluster is written once', async () => {
    const { endpoint } = depsOf();
    expect(await readClusterRecord(endpoint)).toBeNull();
    const first = { lineage: 'l-1', requiredSize: 3 };
    expect(await writeClusterRecord(endpoint, first)).toEqual(first);
    expect(await writeClusterRecord(endpoint, { lineage: 'l-2', requiredSize: 5 })).toEqual(first);
    expect(await readClusterRecord(endpoint)).toEqual(first);
    await endpoint.put('/_e2d/cluster', 'garbage');
    await expect(readClusterRecord(endpoint)).rejects.toMatchObject({ code: 'unexpected-answer' });
  });
});

describe('three members', () => {
  beforeEach(async () => {
    cluster = await startEtcdCluster(3);
  });

  test('a member that answers is not replaced, and no healthy voter is removed', async () => {
    const target = cluster.member(2);
    const memberId = await memberIdOf(target);
    expect(await replaceMember({ memberId, peerUrl: target.peerUrl }, depsOf())).toMatchObject({
      kind: 'refused',
      refusal: { rule: 'S12' },
    });
    const gone: MembershipChange = {
      kind: 'remove',
      memberId,
      ground: { kind: 'gone', heldMs: 60_000 },
    };
    const peers = () => [peerOf(cluster.member(1)), peerOf(target, 'failed')];
    expect(await changeMembership(gone, depsOf({ peers }))).toMatchObject({
      kind: 'refused',
      refusal: { rule: 'S11' },
    });
    expect((await depsOf().endpoint.memberList()).members).toHaveLength(3);
  });

  test('managers that race through different endpoints make one change at a time', async () => {
    await settled();
    for (let round = 0; round < 5; round += 1) {
      const outcomes = await Promise.all(
        cluster.members.map(({ clientUrl, name }, index) => {
          const endpoint = endpoints.at(clientUrl);
          const deps = depsOf({ endpoint, nodeName: name, requiredSize: 5 });
          const peerUrl = `http://127.0.0.1:${1000 + 10 * round + index}`;
          return changeMembership({ kind: 'addLearner', peerUrl }, deps);
        }),
      );
      const done = outcomes.flatMap((outcome) => (outcome.kind === 'done' ? [outcome] : []));
      expect(done, JSON.stringify(outcomes)).toHaveLength(1);
      expect(outcomes.map(({ kind }) => kind)).not.toContain('failed');
      const { members } = await depsOf().endpoint.memberList();
      expect(members.filter(({ learner }) => learner)).toHaveLength(1);
      await depsOf().endpoint.remove(done[0]?.memberId ?? '');
    }
  });

  test.each(['follower', 'leader'])('a %s loses its disk: replaced and promoted', async (role) => {
    await settled();
    const lost = await memberThatIs(role);
    const survivor = cluster.members.find((member) => member !== lost) ?? lost;
    const oldId = await memberIdOf(lost);
    const { peerUrl } = lost;
    const peers = () => cluster.members.filter((m) => m !== survivor).map((m) => peerOf(m));
    const deps = depsOf({ endpoint: endpoints.at(survivor.clientUrl), peers });
    await lost.kill();
    await lost.wipe();
    const startedAt = performance.now();
    const replaced = await waitUntil(
      async () => {
        const outcome = await replaceMember({ memberId: oldId, peerUrl }, deps);
        return outcome.kind === 'done' && outcome;
      },
      { what: 'the member is replaced', withinMs: 15_000, everyMs: 20 },
    );
    const replacedMs = Math.round(performance.now() - startedAt);
    expect(replaced.memberId).not.toBe(oldId);
    expect(await deps.endpoint.get(removalKey(oldId))).not.toBeNull();
    await expectUnlocked(deps.endpoint);

    lost.start('existing', initialClusterOf(cluster.members));
    const promote: MembershipChange = { kind: 'promote', memberId: replaced.memberId };
    const promoted = await waitUntil(
      async () => {
        const outcome = await changeMembership(promote, deps);
        return outcome.kind === 'done' && outcome;
      },
      { what: 'the replacement is promoted', withinMs: 20_000, everyMs: 20 },
    );
    const promotedMs = Math.round(performance.now() - startedAt);
    console.log(`${role}: replaced after ${replacedMs} ms, promoted after ${promotedMs} ms`);
    expect(promoted.members.members.filter(({ learner }) => !learner)).toHaveLength(3);
    await healthy(lost);
  });

  test('removals are counted by the cluster, and capped', async () => {
    const target = cluster.member(2);
    const memberId = await memberIdOf(target);
    const { endpoint } = depsOf();
    await endpoint.put(removalKey('1'), '{}');
    await endpoint.put(removalKey('2'), '{}');
    await target.kill();
    const outcome = await waitUntil(
      async () => {
        const tried = await replaceMember({ memberId, peerUrl: target.peerUrl }, depsOf());
        return tried.kind !== 'failed' && tried;
      },
      { what: 'there is a leader', withinMs: 10_000 },
    );
    expect(outcome).toMatchObject({ kind: 'refused', refusal: { rule: 'S14' } });
    expect((await endpoint.memberList()).members).toHaveLength(3);
  });

  test('without a leader it fails within about a second, and changes nothing', async () => {
    const memberId = await memberIdOf(cluster.member(2));
    await Promise.all([cluster.member(1).kill(), cluster.member(2).kill()]);
    const replacement = { memberId, peerUrl: cluster.member(2).peerUrl };
    const startedAt = performance.now();
    const outcome = await replaceMember(replacement, depsOf());
    expect(performance.now() - startedAt).toBeLessThan(2_500);
    expect(outcome).toMatchObject({
      kind: 'failed',
      fault: { code: expect.stringMatching(/^(no-leader|deadline)$/) },
    });
    const { members } = await depsOf().endpoint.memberList({ linearizable: false });
    expect(members).toHaveLength(3);
  });
});
