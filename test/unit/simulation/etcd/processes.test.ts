import { describe, expect, test } from 'vitest';
import { faultOf } from '../../../../src/etcd/client/etcd-fault.ts';
import { peerUrlOf, TestCluster } from './etcd-world.ts';

async function formed(names: string, seed = 1): Promise<TestCluster> {
  const cluster = new TestCluster(seed);
  await cluster.form(names);
  return cluster;
}

const existing = { clusterState: 'existing' } as const;

async function exitKind(cluster: TestCluster, name: string): Promise<string> {
  return (await cluster.node(name).process.exited).reason.kind;
}

describe('a start', () => {
  test('from data resumes as the same member, whatever it is told', async () => {
    const cluster = await formed('abc');
    const before = cluster.view('b');
    await cluster.ask(cluster.node('b').endpoint.put('/k', 'v'));
    for (const { process } of cluster.running) process.kill();
    for (const name of 'abc') {
      cluster.start(name, cluster.launch('xyz', { ...existing, clusterToken: 'other' }));
    }
    await cluster.clock.run(5_000);
    expect(cluster.view('b').memberId).toBe(before.memberId);
    expect(await cluster.ask(cluster.node('b').endpoint.get('/k'))).toMatchObject({ value: 'v' });
    expect(cluster.model.clusters().size).toBe(1);
  });

  test('with another token or plan makes another cluster', async () => {
    const cluster = new TestCluster();
    cluster.start('a', cluster.launch('abc'));
    cluster.start('b', cluster.launch('abc', { clusterToken: 'other' }));
    cluster.start('c', cluster.launch('ac'));
    await cluster.clock.run(10_000);
    expect(cluster.model.clusters().size).toBe(3);
    expect(cluster.hasLeader()).toBe(false);
  });

  test('as a new member needs a list that has it, and a peer that tells the list', async () => {
    const cluster = await formed('ab');
    cluster.start('c', cluster.launch('abc', existing));
    await cluster.clock.run(500);
    expect(await exitKind(cluster, 'c')).toBe('member-mismatch');
    await cluster.ask(cluster.leader.endpoint.addLearner([peerUrlOf('c')]));
    cluster.partition('ab', 'c');
    cluster.start('c', cluster.launch('abc', existing));
    await cluster.clock.run(1_000);
    expect(cluster.node('c').process.isRunning).toBe(true);
    await cluster.clock.run(5_000);
    expect(await exitKind(cluster, 'c')).toBe('peers-unreachable');
    cluster.heal();
    cluster.start('c', cluster.launch('abc', existing));
    await cluster.clock.run(2_000);
    expect(cluster.isSettled('abc')).toBe(true);
  });

  test('ends where the disk, the name or the address is no good', async () => {
    const cluster = await formed('abc');
    const [follower] = cluster.followers;
    const { name, disk, process } = follower!;
    const again = async () => {
      cluster.start(name, cluster.launch('abc'));
      await cluster.clock.run(500);
      return cluster.node(name).process.isRunning ? 'running' : exitKind(cluster, name);
    };
    expect(await again()).toBe('port-taken');
    process.kill();
    expect(await process.exited).toMatchObject({ requested: false, reason: { kind: 'killed' } });
    disk.corrupt();
    expect(disk.state).toBe('unreadable');
    expect(await again()).toBe('corrupt-data');
    disk.moveAside('corrupt');
    expect(disk).toMatchObject({ isEmpty: true, aside: [{ reason: 'corrupt', corrupt: true }] });
    expect(await again()).toBe('member-mismatch');
    disk.full = true;
    expect(await again()).toBe('disk-full');
  });

  test('a full disk ends etcd when it writes', async () => {
    const cluster = await formed('abc');
    const [follower] = cluster.followers;
    follower!.disk.full = true;
    expect(await cluster.ask(cluster.leader.endpoint.put('/k', 'v'))).toMatch(/^\d+$/);
    await cluster.clock.run(100);
    expect(await exitKind(cluster, follower!.name)).toBe('disk-full');
  });
});

describe('a member that forgot', () => {
  test('is told to go by a peer that knows it', async () => {
    const cluster = await formed('abc');
    const [lost] = cluster.followers;
    lost!.process.kill();
    lost!.disk.wipe();
    cluster.start(lost!.name, cluster.launch('abc'));
    await cluster.clock.run(1_000);
    expect(await exitKind(cluster, lost!.name)).toBe('member-mismatch');
  });

  test('is ended by the leader that counts on its entries', async () => {
    const cluster = await formed('abc');
    const { leader } = cluster;
    const [lost] = cluster.followers;
    await cluster.ask(leader.endpoint.put('/k', 'v'));
    lost!.process.kill();
    lost!.disk.wipe();
    cluster.start(lost!.name, cluster.launch('abc', existing));
    await cluster.clock.run(1_000);
    expect(await exitKind(cluster, lost!.name)).toBe('corrupt-data');
  });

  test('can vote away what was acknowledged', async () => {
    const cluster = await formed('abc');
    const { leader } = cluster;
    const [amnesiac, behind] = cluster.followers;
    const rest = 'abc'.replace(behind!.name, '');
    cluster.partition(behind!.name, rest);
    expect(await cluster.ask(leader.endpoint.put('/k', 'v'))).toMatch(/^\d+$/);
    const [clusterId = ''] = [...cluster.model.clusters().keys()];
    expect(cluster.model.isCommitted(clusterId, '/k', 'v')).toBe(true);
    amnesiac!.process.kill();
    amnesiac!.disk.wipe();
    leader.process.kill();
    // Nobody answers it as it starts: nothing tells it that it had been there.
    cluster.partition('a', 'b', 'c');
    cluster.start(amnesiac!.name, cluster.launch('abc'));
    await cluster.clock.run(5_000);
    cluster.heal();
    await cluster.clock.run(5_000);
    expect(await cluster.ask(cluster.leader.endpoint.get('/k'))).toBeNull();
    await cluster.ask(cluster.leader.endpoint.put('/other', 'v'));
    // The disk of the old leader has it still, but can no more be elected once it is behind.
    expect(cluster.model.durable(clusterId).has('/k')).toBe(false);
    expect(cluster.model.isCommitted(clusterId, '/k', 'v')).toBe(false);
  });
});

describe('a call', () => {
  test('fails as with the real client', async () => {
    const cluster = await formed('abc');
    const a = cluster.model.endpoint('a', 'http://b:2379');
    const timed = async (call: Promise<unknown>) => {
      const startMs = cluster.clock.nowMs();
      const answer = await cluster.ask(call);
      return [answer, Math.round(cluster.clock.nowMs() - startMs)];
    };
    const nobody = cluster.model.endpoint('a', 'http://b:9999');
    const [code, tookMs] = await timed(nobody.status());
    expect(code).toBe('unavailable');
    expect(tookMs).toBeLessThan(5);
    cluster.node('b').process.pause();
    expect(await timed(a.status({ timeoutMs: 300 }))).toEqual(['deadline', 300]);
    expect(await timed(a.status())).toEqual(['deadline', 2_000]);
    const given = new AbortController();
    const call = a.status({ signal: given.signal, timeoutMs: 9_000 });
    given.abort();
    expect(await timed(call)).toEqual(['aborted', 0]);
    const waiting = a.status({ timeoutMs: 9_000 });
    await cluster.clock.run(1_000);
    cluster.node('b').process.resume();
    expect(await cluster.ask(waiting)).toHaveProperty('memberId');
    const broken = a.status({ timeoutMs: 9_000 }).catch((problem) => faultOf(problem));
    cluster.node('b').process.pause();
    await cluster.clock.run(10);
    cluster.node('b').process.kill();
    await cluster.clock.run(10);
    expect(await broken).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^http:\/\/b:2379: /),
    });
    cluster.partition('a', 'bc');
    expect(await timed(a.status({ timeoutMs: 700 }))).toEqual(['deadline', 700]);
    const closed = a.status();
    a.close();
    expect(await timed(closed)).toEqual(['aborted', 0]);
    expect(await timed(a.status())).toEqual(['aborted', 0]);
  });

  test('may have had its effect although no answer came', async () => {
    const cluster = await formed('abc');
    const { endpoint } = cluster.node('a');
    const far = cluster.model.endpoint('client', 'http://a:2379');
    cluster.cut.add('a>client');
    expect(await cluster.ask(far.put('/k', 'v'))).toBe('deadline');
    expect(await cluster.ask(endpoint.get('/k'))).toMatchObject({ value: 'v' });
    expect(cluster.model.acknowledged).toEqual([]);
  });

  test('waits on a slow disk', async () => {
    const cluster = await formed('a');
    cluster.node('a').disk.fsyncDelayMs = 700;
    const startMs = cluster.clock.nowMs();
    await cluster.ask(cluster.node('a').endpoint.put('/k', 'v'));
    expect(cluster.clock.nowMs() - startMs).toBeGreaterThan(700);
    cluster.node('a').disk.fsyncDelayMs = 3_000;
    expect(await cluster.ask(cluster.node('a').endpoint.put('/k', 'v'))).toBe('deadline');
  });

  test('to a member that found no quorum is served after a while, from its own state', async () => {
    const cluster = await formed('abc');
    for (const { process } of cluster.running) process.kill();
    const { endpoint } = cluster.start('a', cluster.launch('abc'));
    expect(await cluster.ask(endpoint.status())).toBe('deadline');
    await cluster.clock.run(4_000);
    expect(await cluster.status('a')).toMatchObject({ leaderId: null });
  });
});

describe('keys', () => {
  test('have revisions, conditions and prefixes as in etcd', async () => {
    const cluster = await formed('a');
    const { endpoint } = cluster.node('a');
    expect(await cluster.ask(endpoint.get('/k'))).toBeNull();
    expect(await cluster.ask(endpoint.put('/k', '1'))).toBe('2');
    expect(await cluster.ask(endpoint.put('/k', '2'))).toBe('3');
    expect(await cluster.ask(endpoint.get('/k'))).toEqual({
      key: '/k',
      value: '2',
      createRevision: '2',
      modRevision: '3',
    });
    const guarded = {
      conditions: [{ key: '/k', modRevision: '2' }],
      success: [{ kind: 'delete', key: '/k' }],
      failure: [{ kind: 'get', key: '/', prefix: true }],
    } as const;
    expect(await cluster.ask(endpoint.transact(guarded))).toMatchObject({
      succeeded: false,
      revision: '3',
      found: [[{ key: '/k', value: '2' }]],
    });
    const right = { ...guarded, conditions: [{ key: '/k', modRevision: '3' }] };
    expect(await cluster.ask(endpoint.transact(right))).toMatchObject({
      succeeded: true,
      revision: '4',
    });
    expect(await cluster.ask(endpoint.get('/k'))).toBeNull();
    expect(cluster.model.acknowledged.map(({ value }) => value)).toEqual(['1', '2', null]);
  });

  test('end with their lease', async () => {
    const cluster = await formed('abc');
    const { endpoint } = cluster.followers[0]!;
    const leaseId = String(await cluster.ask(endpoint.grantLease(10)));
    const put = { kind: 'put', key: '/k', value: 'v', leaseId } as const;
    await cluster.ask(endpoint.transact({ conditions: [], success: [put] }));
    await cluster.clock.run(9_500);
    expect(await cluster.ask(endpoint.get('/k'))).toMatchObject({ value: 'v' });
    await cluster.clock.run(1_000);
    expect(await cluster.ask(endpoint.get('/k'))).toBeNull();
    expect(await cluster.ask(endpoint.revokeLease(leaseId))).toBe('not-found');
    expect(await cluster.ask(endpoint.transact({ conditions: [], success: [put] }))).toBe(
      'not-found',
    );
  });
});

test('a settled cluster costs nothing while nothing happens', async () => {
  const cluster = await formed('abcde');
  await cluster.clock.run(10_000);
  let steps = 0;
  const untilMs = cluster.clock.nowMs() + 3_600_000;
  while (cluster.clock.step(untilMs)) steps += 1;
  expect(steps).toBe(0);
});

test('speed, as a figure', async () => {
  const cluster = await formed('abcde');
  let calls = 0;
  const client = async (name: string, everyMs: number, call: () => Promise<unknown>) => {
    await call().catch(() => undefined);
    calls += 1;
    cluster.clock.setTimeout(() => void client(name, everyMs, call), everyMs);
  };
  for (const name of 'abcde') {
    const { endpoint } = cluster.node(name);
    void client(name, 1_000, () => endpoint.linearizableRead());
    void client(name, 1_000, () => endpoint.status());
    void client(name, 1_000, () => endpoint.memberList());
    void client(name, 1_000, () => endpoint.put(`/${name}`, 'v'));
  }
  const startMs = performance.now();
  const seconds = 100;
  await cluster.clock.run(seconds * 1_000);
  const tookMs = performance.now() - startMs;
  const perSecond = Math.round((tookMs * 1_000) / seconds);
  console.log(`${calls / seconds} calls a virtual second: ${perSecond} µs for each such second`);
  expect(calls).toBeGreaterThan(19 * seconds);
});
