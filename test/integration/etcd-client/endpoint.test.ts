import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Etcd3 } from 'etcd3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createEtcdEndpoint } from '../../../src/etcd/client/create-endpoint.ts';
import type { EtcdEndpoint } from '../../../src/etcd/client/endpoint.ts';
import { faultOf } from '../../../src/etcd/client/etcd-fault.ts';
import { loadEtcd3 } from '../../../src/etcd/client/load-etcd3.ts';
import { type EtcdCluster, healthy, startEtcdCluster } from '../../support/etcd-launcher.ts';
import { waitUntil } from '../../support/wait-until.ts';

const opened: EtcdEndpoint[] = [];

function open(url: string): EtcdEndpoint {
  const endpoint = createEtcdEndpoint(url);
  opened.push(endpoint);
  return endpoint;
}

beforeAll(loadEtcd3);

afterEach(() => {
  for (const endpoint of opened.splice(0)) endpoint.close();
});

describe.each([1, 3])('a healthy cluster of %i', (size) => {
  let cluster: EtcdCluster;
  beforeAll(async () => {
    cluster = await startEtcdCluster(size);
  });
  afterAll(() => cluster.stop());

  test('lists its members, alike from every endpoint', async () => {
    const lists = await Promise.all(cluster.clientUrls.map((url) => open(url).memberList()));
    expect(new Set(lists.map((list) => JSON.stringify(list))).size).toBe(1);
    expect(lists[0]?.members.map(({ name }) => name).sort()).toEqual(
      cluster.members.map(({ name }) => name).sort(),
    );
    expect(lists[0]?.clusterId).toMatch(/^[1-9a-f][0-9a-f]*$/);
    const local = await open(cluster.member(0).clientUrl).memberList({ linearizable: false });
    expect(local).toEqual(lists[0]);
  });

  test('tells ids as etcd logs them', async () => {
    const { memberId, leaderId } = await open(cluster.member(0).clientUrl).status();
    expect(await cluster.member(0).log()).toContain(`"local-member-id":"${memberId}"`);
    expect(leaderId).not.toBeNull();
  });

  test('serves both kinds of reads', async () => {
    const endpoint = open(cluster.member(0).clientUrl);
    await expect(endpoint.linearizableRead()).resolves.toBeUndefined();
    await expect(endpoint.serializableRead()).resolves.toBeUndefined();
  });

  test('runs a transaction only while its conditions hold', async () => {
    const endpoint = open(cluster.member(0).clientUrl);
    const put = { kind: 'put', key: '/t/a', value: '1' } as const;
    const create = { conditions: [{ key: '/t/a', createRevision: '0' }], success: [put] };
    const first = await endpoint.transact(create);
    expect(first.succeeded).toBe(true);
    expect((await endpoint.transact(create)).succeeded).toBe(false);
    await endpoint.put('/t0', 'beside the prefix');
    const found = await endpoint.transact({
      conditions: [{ key: '/t/a', modRevision: first.revision }],
      success: [
        { kind: 'get', key: '/t/', prefix: true },
        { kind: 'delete', key: '/t/a' },
      ],
    });
    expect(found.found[0]).toEqual([
      { key: '/t/a', value: '1', createRevision: first.revision, modRevision: first.revision },
    ]);
    expect(await endpoint.get('/t/a')).toBeNull();
  });

  test('deletes what is attached to a lease with the lease', async () => {
    const endpoint = open(cluster.member(0).clientUrl);
    const leaseId = await endpoint.grantLease(60);
    const put = { kind: 'put', key: '/leased', value: '1', leaseId } as const;
    await endpoint.transact({ conditions: [], success: [put] });
    expect((await endpoint.get('/leased'))?.value).toBe('1');
    await endpoint.revokeLease(leaseId);
    expect(await endpoint.get('/leased')).toBeNull();
    await expect(endpoint.revokeLease(leaseId)).rejects.toMatchObject({ code: 'not-found' });
  });

  test('tells a raised alarm in the status of every member', async () => {
    const vendor = new Etcd3({ hosts: cluster.member(0).clientUrl });
    const { memberId } = await open(cluster.member(0).clientUrl).status();
    const memberID = BigInt(`0x${memberId}`).toString();
    await vendor.maintenance.alarm({ action: 'Activate', alarm: 'Nospace', memberID });
    const last = open(cluster.member(size - 1).clientUrl);
    const alarms = await waitUntil(
      async () => {
        const status = await last.status();
        return status.alarms.length > 0 && status.alarms;
      },
      { what: 'the alarm is told', withinMs: 5_000, everyMs: 20 },
    );
    expect(alarms).toEqual([{ memberId, kind: 'nospace' }]);
    await expect(last.put('/full', '1')).rejects.toMatchObject({ code: 'no-space' });
    await vendor.maintenance.alarm({ action: 'Deactivate', alarm: 'Nospace', memberID });
    vendor.close();
    expect((await open(cluster.member(0).clientUrl).status()).alarms).toEqual([]);
  });

  test('refuses nonsense with the code for it', async () => {
    const endpoint = open(cluster.member(0).clientUrl);
    const { memberId } = await endpoint.status();
    await expect(endpoint.remove('abc')).rejects.toMatchObject({ code: 'not-found' });
    await expect(endpoint.promote(memberId)).rejects.toMatchObject({ code: 'not-learner' });
    await expect(endpoint.addLearner([cluster.member(0).peerUrl])).rejects.toMatchObject({
      code: expect.stringMatching(/already-exists|unhealthy-cluster/),
    });
  });
});

test('leadership moves when the leader is asked', async () => {
  const cluster = await startEtcdCluster(3);
  try {
    const statuses = await Promise.all(cluster.clientUrls.map((url) => open(url).status()));
    const leaderId = statuses[0]?.leaderId;
    const leader = statuses.findIndex(({ memberId }) => memberId === leaderId);
    const follower = statuses.findIndex(({ memberId }) => memberId !== leaderId);
    const toId = statuses[follower]?.memberId ?? '';
    const asked = open(cluster.member(follower).clientUrl);
    await expect(asked.moveLeader(toId)).rejects.toMatchObject({ code: 'not-leader' });
    await open(cluster.member(leader).clientUrl).moveLeader(toId);
    await waitUntil(async () => (await asked.status()).leaderId === toId, {
      what: 'the follower leads',
      withinMs: 5_000,
    });
  } finally {
    await cluster.stop();
  }
});

describe('a cluster that loses members', () => {
  let cluster: EtcdCluster;
  beforeAll(async () => {
    cluster = await startEtcdCluster(3);
  });
  afterAll(() => cluster.stop());

  test('a killed member is unavailable at once, and is reached soon after it serves again', async () => {
    const member = cluster.member(1);
    const endpoint = open(member.clientUrl);
    await endpoint.status();
    await member.kill();
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const startedAt = performance.now();
      await expect(endpoint.status()).rejects.toMatchObject({ code: 'unavailable' });
      expect(performance.now() - startedAt).toBeLessThan(1_000);
    }
    member.restart();
    await healthy(member);
    const servingAt = performance.now();
    await waitUntil(() => endpoint.status(), { what: 'it answers', withinMs: 5_000, everyMs: 20 });
    expect(performance.now() - servingAt).toBeLessThan(1_000);
  });

  test('a paused member is a deadline, or ends at once when the caller gives up', async () => {
    const member = cluster.member(1);
    const endpoint = open(member.clientUrl);
    await endpoint.status();
    await member.pause();
    try {
      await expect(endpoint.status({ timeoutMs: 300 })).rejects.toMatchObject({
        code: 'deadline',
      });
      const startedAt = performance.now();
      const signal = AbortSignal.timeout(100);
      await expect(endpoint.status({ signal, timeoutMs: 20_000 })).rejects.toMatchObject({
        code: 'aborted',
      });
      expect(performance.now() - startedAt).toBeLessThan(2_000);
    } finally {
      member.resume();
    }
    await waitUntil(() => endpoint.status(), { what: 'it answers', withinMs: 5_000, everyMs: 20 });
  });

  test('without quorum only what is local is answered, and the rest fails fast', async () => {
    await Promise.all([cluster.member(1).kill(), cluster.member(2).kill()]);
    const endpoint = open(cluster.member(0).clientUrl);
    const noLeader = async () => {
      const { leaderId } = await endpoint.status();
      return leaderId === null;
    };
    await waitUntil(noLeader, { what: 'the leader is missed', withinMs: 10_000 });
    const startedAt = performance.now();
    await expect(endpoint.linearizableRead()).rejects.toMatchObject({ code: 'no-leader' });
    await expect(endpoint.memberList()).rejects.toMatchObject({ code: 'no-leader' });
    await expect(endpoint.put('/k', 'v')).rejects.toMatchObject({ code: 'no-leader' });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await expect(endpoint.serializableRead()).resolves.toBeUndefined();
    await expect(endpoint.memberList({ linearizable: false })).resolves.toMatchObject({
      members: { length: 3 },
    });
  });
});

test('an endpoint whose packets were lost for long is reached soon after they pass again', async () => {
  const cluster = await startEtcdCluster(1);
  const member = cluster.member(0);
  await member.kill();
  const wall = await blackhole(new URL(member.clientUrl));
  try {
    const endpoint = open(member.clientUrl);
    const partitionedAt = performance.now();
    await waitUntil(
      async () => {
        await expect(endpoint.status({ timeoutMs: 500 })).rejects.toMatchObject({
          code: 'deadline',
        });
        return performance.now() - partitionedAt > 12_000;
      },
      { what: 'the kernel has slowed down its attempts', withinMs: 20_000 },
    );
    await wall.open();
    member.restart();
    await healthy(member);
    const passableAt = performance.now();
    await waitUntil(() => endpoint.status({ timeoutMs: 500 }), {
      what: 'it answers',
      withinMs: 20_000,
      everyMs: 50,
    });
    expect(performance.now() - passableAt).toBeLessThan(3_000);
  } finally {
    await wall.open();
    await cluster.stop();
  }
});

/**
 * Lets no new connection through at an address: a stopped process with a full backlog, for which
 * the kernel drops the packets that ask for one. `open` ends it.
 */
async function blackhole({ hostname, port }: URL): Promise<{ open(): Promise<void> }> {
  const listen = `require('net').createServer().listen({host:'${hostname}',port:${port},backlog:1},
    () => console.log('listening'))`;
  const child = spawn(process.execPath, ['-e', listen], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(child, 'close');
  await once(child.stdout, 'data');
  child.kill('SIGSTOP');
  const fillers = Array.from({ length: 8 }, () => connect(Number(port), hostname));
  for (const filler of fillers) filler.on('error', () => {});
  return {
    async open() {
      for (const filler of fillers) filler.destroy();
      child.kill('SIGKILL');
      await gone;
    },
  };
}

test('closing ends the calls under way', async () => {
  const cluster = await startEtcdCluster(1);
  try {
    const endpoint = open(cluster.member(0).clientUrl);
    await endpoint.status();
    await cluster.member(0).pause();
    const call = endpoint.status({ timeoutMs: 20_000 }).then(
      () => 'answered',
      (problem) => faultOf(problem).code,
    );
    endpoint.close();
    expect(await call).toBe('aborted');
    await expect(endpoint.status()).rejects.toMatchObject({ code: 'aborted' });
  } finally {
    await cluster.stop();
  }
});
