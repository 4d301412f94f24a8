import { describe, expect, test } from 'vitest';
import { TestCluster } from './etcd-world.ts';

async function formed(names: string, seed = 1): Promise<TestCluster> {
  const cluster = new TestCluster(seed);
  await cluster.form(names);
  return cluster;
}

describe('a leader', () => {
  test.each(['a', 'abc', 'abcde'])('is elected among %s, and all follow it', async (names) => {
    const cluster = await formed(names);
    expect(cluster.views().filter(({ role }) => role === 'leader')).toHaveLength(1);
    expect(cluster.views()).toHaveLength(names.length);
    const { leaderId, raftTerm, version } = await cluster.status('a');
    expect(leaderId).not.toBeNull();
    expect(raftTerm).toBeGreaterThanOrEqual(2);
    expect(version).toBe('3.6.14');
  });

  test.each([1, 2, 3, 4, 5])('is replaced within three seconds (seed %i)', async (seed) => {
    const cluster = await formed('abc', seed);
    const { leader } = cluster;
    const before = cluster.view(leader.name).term;
    leader.process.kill();
    const startMs = cluster.clock.nowMs();
    expect(await cluster.clock.run(3_000, () => cluster.hasLeader())).toBe(true);
    expect(cluster.clock.nowMs() - startMs).toBeGreaterThan(500);
    expect(cluster.view(cluster.leader.name).term).toBeGreaterThan(before);
    expect(await cluster.ask(cluster.leader.endpoint.put('/k', 'v'))).not.toBe('deadline');
  });

  test('steps down when it hears no quorum, and comes back as a follower', async () => {
    const cluster = await formed('abc');
    const old = cluster.leader.name;
    const others = 'abc'.replace(old, '');
    cluster.partition(old, others);
    await cluster.clock.run(2_500);
    expect(cluster.view(old)).toMatchObject({ role: expect.not.stringMatching('leader') });
    expect(cluster.view(old).leaderId).toBeNull();
    await cluster.clock.run(2_000, () => cluster.hasLeader());
    expect(others).toContain(cluster.leader.name);
    const { term } = cluster.view(cluster.leader.name);
    cluster.heal();
    expect(await cluster.clock.run(1_000, () => cluster.isSettled('abc'))).toBe(true);
    // The vote before the vote: whoever was cut off deposes nobody when it returns.
    expect(cluster.view(cluster.leader.name).term).toBe(term);
  });

  test('stays when a follower hears nothing, but can be heard', async () => {
    const cluster = await formed('abc');
    const leader = cluster.leader.name;
    const [deaf] = cluster.followers;
    cluster.cut.add(`${leader}>${deaf?.name}`);
    cluster.model.linksChanged();
    const { term } = cluster.view(leader);
    await cluster.clock.run(20_000);
    expect(cluster.leader.name).toBe(leader);
    expect(cluster.view(leader).term).toBe(term);
    expect(cluster.view(deaf?.name ?? '').leaderId).toBeNull();
  });

  test('that was paused does not answer reads as if it still led', async () => {
    const cluster = await formed('abc');
    const old = cluster.leader;
    old.process.pause();
    await cluster.clock.run(3_000, () => cluster.hasLeader() && cluster.leader !== old);
    expect(await cluster.ask(cluster.leader.endpoint.put('/k', 'new'))).toMatch(/^\d+$/);
    old.process.resume();
    // It asks its peers, and learns that it was replaced.
    expect(await cluster.ask(old.endpoint.get('/k'))).toBe('no-leader');
    await cluster.clock.run(500);
    expect(await cluster.ask(old.endpoint.get('/k'))).toMatchObject({ value: 'new' });
  });

  test('is moved when it is asked, and only by itself', async () => {
    const cluster = await formed('abc');
    const [follower] = cluster.followers;
    const toId = cluster.view(follower?.name ?? '').memberId;
    expect(await cluster.ask(follower!.endpoint.moveLeader(toId))).toBe('not-leader');
    expect(await cluster.ask(cluster.leader.endpoint.moveLeader('abc'))).toBe('unknown');
    expect(await cluster.ask(cluster.leader.endpoint.moveLeader(toId))).toBeUndefined();
    expect(cluster.leader).toBe(follower);
  });

  test('that is stopped in order hands over at once', async () => {
    const cluster = await formed('abc');
    const { leader } = cluster;
    const stopped = leader.process.stop(5_000);
    await cluster.clock.run(50);
    expect(cluster.leader).not.toBe(leader);
    await stopped;
    expect(await leader.process.exited).toMatchObject({
      requested: true,
      reason: { kind: 'stopped' },
    });
  });
});

describe('the log', () => {
  test('an entry without a quorum is cut off when its leader comes back', async () => {
    const cluster = await formed('abc');
    const old = cluster.leader;
    cluster.partition(old.name, 'abc'.replace(old.name, ''));
    expect(await cluster.ask(old.endpoint.put('/lost', '1', { timeoutMs: 500 }))).toBe('deadline');
    expect(cluster.view(old.name).lastIndex).toBe(cluster.view(old.name).commit + 1);
    await cluster.clock.run(4_000);
    expect(await cluster.ask(cluster.leader.endpoint.put('/kept', '1'))).toMatch(/^\d+$/);
    cluster.heal();
    await cluster.clock.run(1_000);
    expect(await cluster.ask(old.endpoint.get('/lost'))).toBeNull();
    expect(await cluster.ask(old.endpoint.get('/kept'))).toMatchObject({ value: '1' });
    expect(cluster.isSettled('abc')).toBe(true);
  });

  test('an entry that was not acknowledged may be committed by the next leader', async () => {
    const cluster = await formed('abc');
    const old = cluster.leader;
    // The followers get it, but what they answer is lost.
    for (const { name } of cluster.followers) cluster.cut.add(`${name}>${old.name}`);
    cluster.model.linksChanged();
    expect(await cluster.ask(old.endpoint.put('/k', '1', { timeoutMs: 200 }))).toBe('deadline');
    old.process.kill();
    await cluster.clock.run(3_000, () => cluster.hasLeader());
    expect(await cluster.ask(cluster.leader.endpoint.get('/k'))).toMatchObject({ value: '1' });
    expect(cluster.model.acknowledged).toEqual([]);
  });

  test.each([1, 2, 3, 4, 5, 6])('acknowledged writes survive crashes (seed %i)', async (seed) => {
    const cluster = await formed('abcde', seed);
    const names = [...'abcde'];
    let written = 0;
    let stopped = false;
    const writer = async (name: string) => {
      for (let at = 0; !stopped; at += 1) {
        await cluster
          .node(name)
          .endpoint.put(`/${name}/${at}`, `${at}`)
          .catch(() => undefined);
        written += 1;
        await new Promise<void>((resolve) => cluster.clock.setTimeout(resolve, 40));
      }
    };
    const writers = names.map(writer);
    for (let round = 0; round < 12; round += 1) {
      const victims = names.filter(() => cluster.random.next() < 0.4).slice(0, 2);
      for (const name of victims) cluster.node(name).process.kill();
      await cluster.clock.run(cluster.random.next() * 4_000);
      for (const name of victims) cluster.start(name, cluster.launch('abcde'));
      const cutOff = names.filter(() => cluster.random.next() < 0.3).slice(0, 2);
      cluster.partition(cutOff.join(''), names.filter((name) => !cutOff.includes(name)).join(''));
      await cluster.clock.run(cluster.random.next() * 4_000);
      cluster.heal();
    }
    stopped = true;
    expect(await cluster.clock.run(10_000, () => cluster.isSettled('abcde'))).toBe(true);
    await Promise.all([cluster.clock.run(20_000), ...writers]);
    expect(written).toBeGreaterThan(1_000);
    const puts = cluster.model.acknowledged;
    expect(puts.length).toBeGreaterThan(800);
    const [clusterId = ''] = [...cluster.model.clusters().keys()];
    const durable = cluster.model.durable(clusterId);
    expect(puts.filter(({ key, value }) => durable.get(key) !== value)).toEqual([]);
    expect(cluster.model.isCommitted(clusterId, puts[0]!.key, `${puts[0]!.value}`)).toBe(true);
    expect(cluster.model.isCommitted(clusterId, '/never', '1')).toBe(false);
  });

  test('a member that died while its disk was slow gets the rest after its restart', async () => {
    const cluster = await formed('abc');
    const [slow] = cluster.followers;
    slow!.disk.fsyncDelayMs = 2_000;
    expect(await cluster.ask(cluster.leader.endpoint.put('/k', '1'))).toMatch(/^\d+$/);
    await cluster.clock.run(100);
    slow!.process.kill();
    slow!.disk.fsyncDelayMs = 0;
    cluster.start(slow!.name, cluster.launch('abc'));
    await cluster.clock.run(4_000);
    expect(cluster.isSettled('abc')).toBe(true);
  });

  test('a minority is served nothing that needs the quorum', async () => {
    const cluster = await formed('abc');
    const [alone] = cluster.followers;
    await cluster.ask(alone!.endpoint.put('/k', '1'));
    cluster.partition(alone!.name, 'abc'.replace(alone!.name, ''));
    const { endpoint } = alone!;
    const late = { timeoutMs: 500 };
    expect(await cluster.ask(endpoint.linearizableRead(late))).toBe('deadline');
    expect(await cluster.ask(endpoint.put('/k', '2', late))).toBe('deadline');
    await cluster.clock.run(3_000);
    expect(await cluster.ask(endpoint.linearizableRead())).toBe('no-leader');
    expect(await cluster.ask(endpoint.memberList())).toBe('no-leader');
    expect(await cluster.ask(endpoint.put('/k', '2'))).toBe('no-leader');
    expect(await cluster.ask(endpoint.serializableRead())).toBeUndefined();
    expect(await cluster.ask(endpoint.memberList({ linearizable: false }))).toMatchObject({
      members: { length: 3 },
    });
    expect(await cluster.status(alone!.name)).toMatchObject({ leaderId: null });
    expect(await cluster.ask(cluster.leader.endpoint.get('/k'))).toMatchObject({ value: '1' });
  });

  test('a read that waits for a lost leader ends as soon as there is another', async () => {
    const cluster = await formed('abc');
    const { leader } = cluster;
    const [follower] = cluster.followers;
    leader.process.kill();
    const startMs = cluster.clock.nowMs();
    const read = follower!.endpoint.linearizableRead({ timeoutMs: 10_000 });
    expect(await cluster.ask(read)).toBe('no-leader');
    expect(cluster.clock.nowMs() - startMs).toBeLessThan(3_000);
  });
});

test('the same seed gives the same run', async () => {
  const trace = async (seed: number) => {
    const cluster = await formed('abcde', seed);
    cluster.leader.process.kill();
    for (let at = 0; at < 20; at += 1) {
      await cluster.ask(cluster.running[0]!.endpoint.put(`/${at}`, `${at}`));
    }
    return JSON.stringify([cluster.clock.nowMs(), cluster.views(), cluster.model.acknowledged]);
  };
  expect(await trace(7)).toBe(await trace(7));
  expect(await trace(7)).not.toBe(await trace(8));
});
