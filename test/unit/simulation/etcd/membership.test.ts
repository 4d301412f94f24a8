import { describe, expect, test } from 'vitest';
import type { Peer } from '../../../../machines/facts.ts';
import { createEndpointPool } from '../../../../src/etcd/client/endpoint-pool.ts';
import {
  changeMembership,
  replaceMember,
} from '../../../../src/etcd/membership/change-membership.ts';
import type { MembershipDeps } from '../../../../src/etcd/membership/locked-work.ts';
import { acquireLock } from '../../../../src/etcd/membership/membership-lock.ts';
import { takeTurn, yieldTurn } from '../../../../src/etcd/membership/restart-turn.ts';
import type { ConfigChangeEvent } from '../../../../src/simulation/etcd/events.ts';
import { peer, policy } from '../../../support/builders.ts';
import { peerUrlOf, TestCluster } from './etcd-world.ts';

const events: ConfigChangeEvent[] = [];

async function formed(names: string, catchUpEntriesPerSecond = 5_000): Promise<TestCluster> {
  events.length = 0;
  const onConfigChange = (event: ConfigChangeEvent) => events.push(event);
  const cluster = new TestCluster(3, { onConfigChange, catchUpEntriesPerSecond });
  await cluster.form(names);
  return cluster;
}

const existing = { clusterState: 'existing' } as const;

async function members(cluster: TestCluster, by = cluster.leader.name) {
  const list = await cluster.ask(cluster.node(by).endpoint.memberList());
  if (typeof list === 'string') throw new Error(list);
  return list.members;
}

function idOf(cluster: TestCluster, name: string): string {
  return cluster.view(name).memberId;
}

describe('a learner', () => {
  test('is added, catches up at the stated rate, and is promoted when it is in sync', async () => {
    const cluster = await formed('a', 200);
    const { endpoint } = cluster.node('a');
    for (let at = 0; at < 600; at += 1) await cluster.ask(endpoint.put(`/${at}`, 'v'));
    const added = await cluster.ask(endpoint.addLearner([peerUrlOf('b')]));
    const { memberId } = added as { memberId: string };
    expect(await members(cluster)).toContainEqual({
      id: memberId,
      name: '',
      peerUrls: [peerUrlOf('b')],
      clientUrls: [],
      learner: true,
    });
    expect(await cluster.ask(endpoint.promote(memberId))).toBe('learner-not-ready');
    cluster.start('b', cluster.launch('ab', existing));
    await cluster.clock.run(1_500);
    expect(await cluster.ask(endpoint.promote(memberId))).toBe('learner-not-ready');
    const progress = await cluster.ask(endpoint.raftProgress());
    expect(progress).toMatchObject({ match: { [memberId]: expect.any(Number) } });
    expect(cluster.view('b').lastIndex).toBeGreaterThan(100);
    expect(cluster.view('b').lastIndex).toBeLessThan(400);
    await cluster.clock.run(3_000);
    expect(await cluster.status('b')).toMatchObject({ learner: true, memberId });
    expect(await cluster.ask(cluster.node('b').endpoint.linearizableRead())).toBe(
      'learner-refuses',
    );
    expect(await cluster.ask(cluster.node('b').endpoint.serializableRead())).toBeUndefined();
    expect(await cluster.ask(endpoint.promote(memberId))).toMatchObject({ members: { length: 2 } });
    expect(await cluster.status('b')).toMatchObject({ learner: false });
    expect(events.map(({ kind }) => kind)).toEqual(['addLearner', 'promote']);
    expect(events[1]).toMatchObject({
      memberId,
      votersBefore: [idOf(cluster, 'a')],
      learnersBefore: [memberId],
      healthyBefore: [idOf(cluster, 'a')],
      lagEntries: 0,
    });
  });

  test('does not vote, and its death costs no quorum', async () => {
    const cluster = await formed('abc');
    const { endpoint } = cluster.leader;
    await cluster.ask(endpoint.addLearner([peerUrlOf('d')]));
    cluster.start('d', cluster.launch('abcd', existing));
    await cluster.clock.run(3_000);
    expect(cluster.isSettled('abcd')).toBe(true);
    expect(await cluster.ask(endpoint.addLearner([peerUrlOf('e')]))).toBe('too-many-learners');
    const [victim] = cluster.followers.filter(({ name }) => name !== 'd');
    victim?.process.kill();
    cluster.node('d').process.kill();
    expect(await cluster.ask(endpoint.put('/k', 'v'))).toMatch(/^\d+$/);
    cluster.followers[0]?.process.kill();
    cluster.start('d', cluster.launch('abcd', existing));
    await cluster.clock.run(5_000);
    expect(cluster.hasLeader()).toBe(false);
  });
});

describe('etcd refuses', () => {
  test('members it does not know, and addresses it knows', async () => {
    const cluster = await formed('abc');
    const { endpoint } = cluster.followers[0]!;
    expect(await cluster.ask(endpoint.remove('abc'))).toBe('not-found');
    expect(await cluster.ask(endpoint.promote('abc'))).toBe('not-found');
    expect(await cluster.ask(endpoint.promote(idOf(cluster, 'a')))).toBe('not-learner');
    expect(await cluster.ask(endpoint.addLearner([peerUrlOf('a')]))).toBe('already-exists');
    expect(events).toEqual([]);
  });

  test('changes that would break the quorum of started members', async () => {
    const cluster = await formed('ab');
    const { endpoint } = cluster.leader;
    expect(await cluster.ask(endpoint.addMember([peerUrlOf('c')]))).toMatchObject({
      members: { length: 3 },
    });
    expect(await cluster.ask(endpoint.addMember([peerUrlOf('d')]))).toBe('unhealthy-cluster');
    const [other] = cluster.followers;
    expect(await cluster.ask(endpoint.remove(idOf(cluster, other!.name)))).toBe(
      'unhealthy-cluster',
    );
  });

  test('to add while a member is not connected, or has not been for long', async () => {
    const cluster = await formed('abc');
    const [victim] = cluster.followers;
    victim?.process.kill();
    await cluster.clock.run(200);
    const { endpoint } = cluster.leader;
    expect(await cluster.ask(endpoint.addLearner([peerUrlOf('d')]))).toBe('unhealthy-cluster');
    cluster.start(victim!.name, cluster.launch('abc'));
    await cluster.clock.run(4_000);
    expect(await cluster.ask(endpoint.addLearner([peerUrlOf('d')]))).toBe('unhealthy-cluster');
    await cluster.clock.run(2_000);
    expect(await cluster.ask(endpoint.addLearner([peerUrlOf('d')]))).toHaveProperty('memberId');
  });

  test('a member that was added and removed within one second', async () => {
    const cluster = await formed('a');
    const { endpoint } = cluster.leader;
    const added = (await cluster.ask(endpoint.addLearner([peerUrlOf('b')]))) as {
      memberId: string;
    };
    await cluster.ask(endpoint.remove(added.memberId));
    expect(await cluster.ask(endpoint.addLearner([peerUrlOf('b')]))).toBe('not-found');
    await cluster.clock.run(1_000);
    expect(await cluster.ask(endpoint.addLearner([peerUrlOf('b')]))).toHaveProperty('memberId');
  });
});

describe('a removed member', () => {
  test.each(['a follower', 'the leader'])('ends for good: %s', async (which) => {
    const cluster = await formed('abc');
    const gone = which === 'the leader' ? cluster.leader : cluster.followers[0]!;
    const asked = cluster.followers[1]!;
    await cluster.ask(asked.endpoint.remove(idOf(cluster, gone.name)));
    await cluster.clock.run(8_000);
    expect(await gone.process.exited).toMatchObject({ reason: { kind: 'removed-from-cluster' } });
    expect(await members(cluster)).toHaveLength(2);
    expect(cluster.isSettled('abc'.replace(gone.name, ''))).toBe(true);
    const again = cluster.start(gone.name, cluster.launch('abc'));
    await cluster.clock.run(8_000);
    expect(again.process.isRunning).toBe(false);
  });

  test('learns of it when it comes back', async () => {
    const cluster = await formed('abc');
    const [gone] = cluster.followers;
    const id = idOf(cluster, gone!.name);
    gone!.process.kill();
    await cluster.clock.run(6_000);
    await cluster.ask(cluster.leader.endpoint.remove(id));
    cluster.start(gone!.name, cluster.launch('abc'));
    await cluster.clock.run(5_000);
    expect(await cluster.node(gone!.name).process.exited).toMatchObject({
      requested: false,
      reason: { kind: 'removed-from-cluster' },
    });
  });
});

describe('the changes of e2d', () => {
  function deps(cluster: TestCluster, by: string, peers: readonly Peer[]): MembershipDeps {
    return {
      endpoint: cluster.node(by).endpoint,
      endpoints: createEndpointPool({}, (url) => cluster.model.endpoint(by, url)),
      peers: () => peers,
      requiredSize: 3,
      policy,
      nodeName: by,
      clock: cluster.clock,
    };
  }

  test('add and promote a learner under the lock', async () => {
    const cluster = await formed('ab');
    const by = cluster.leader.name;
    const around = deps(cluster, by, [peer('b'), peer('c')]);
    const add = changeMembership({ kind: 'addLearner', peerUrl: peerUrlOf('c') }, around);
    const added = await cluster.ask(add);
    expect(added).toMatchObject({ kind: 'done' });
    expect(added).not.toHaveProperty('lockFault');
    const { memberId } = added as { memberId: string };
    cluster.start('c', cluster.launch('abc', existing));
    await cluster.clock.run(3_000);
    const promoted = await cluster.ask(changeMembership({ kind: 'promote', memberId }, around));
    expect(promoted).toMatchObject({ kind: 'done', memberId });
    expect((await members(cluster)).filter(({ learner }) => !learner)).toHaveLength(3);
  });

  test('replace a member whose disk was lost', async () => {
    const cluster = await formed('abc');
    const [lost] = cluster.followers;
    const memberId = idOf(cluster, lost!.name);
    const { name, peerUrl } = lost!;
    lost!.process.kill();
    lost!.disk.wipe();
    await cluster.clock.run(200);
    const by = cluster.leader.name;
    const others = [...'abc'].filter((other) => other !== by);
    const peers = others.map((other) =>
      peer(other, other === name ? { data: 'lost', peerUrl } : { status: 'running' }),
    );
    const around = deps(cluster, by, peers);
    const replaced = await cluster.ask(replaceMember({ memberId, peerUrl }, around));
    expect(replaced).toMatchObject({ kind: 'done' });
    cluster.start(name, cluster.launch('abc', existing));
    await cluster.clock.run(3_000);
    const learner = (replaced as { memberId: string }).memberId;
    const promoted = await cluster.ask(
      changeMembership({ kind: 'promote', memberId: learner }, around),
    );
    expect(promoted).toMatchObject({ kind: 'done' });
    expect(await cluster.clock.run(500, () => cluster.isSettled('abc'))).toBe(true);
    expect(events.map(({ kind }) => kind)).toEqual(['remove', 'addLearner', 'promote']);
    expect(events[0]).toMatchObject({ memberId, healthyBefore: { length: 2 } });
  });

  test('exclude each other, until the lease of a lock ends', async () => {
    const cluster = await formed('abc');
    const [one, other] = cluster.followers;
    const take = (at = one) => acquireLock(at!.endpoint, { node: at!.name, change: 'x' }, {});
    expect(await cluster.ask(take())).toMatchObject({ kind: 'held' });
    expect(await cluster.ask(take(other))).toMatchObject({
      kind: 'busy',
      holder: { node: one!.name },
    });
    await cluster.clock.run(9_000);
    expect(await cluster.ask(take(other))).toMatchObject({ kind: 'busy' });
    // A new leader gives every lease its whole time again.
    cluster.leader.process.kill();
    await cluster.clock.run(8_000);
    expect(await cluster.ask(take(other))).toMatchObject({ kind: 'busy' });
    await cluster.clock.run(5_000);
    expect(await cluster.ask(take(other))).toMatchObject({ kind: 'held' });
  });

  test('leave the turn to restart to one at a time, and to none while another is away', async () => {
    const cluster = await formed('abc');
    const [one, other] = cluster.followers.map(({ name }) => name);
    const turn = (by = one, refused: string | null = null) =>
      cluster.ask(
        takeTurn({
          ...deps(
            cluster,
            by!,
            [...'abc'].filter((name) => name !== by).map((name) => peer(name)),
          ),
          clock: cluster.clock,
          refuseTrust: async () => (refused === null ? null : { rule: 'S14', sentence: refused }),
        }),
      );
    expect(await turn(other, 'b shows what is refused')).toMatchObject({ kind: 'refused' });
    const granted = await turn();
    expect(granted).toMatchObject({ kind: 'granted', untilMs: expect.any(Number) });
    expect(await turn(other)).toMatchObject({ kind: 'busy', holder: { change: 'restart' } });
    const { leaseId } = granted as { leaseId: string };
    const around = deps(cluster, other!, [peer('a'), peer('b'), peer('c')]);
    const change = changeMembership({ kind: 'addLearner', peerUrl: peerUrlOf('d') }, around);
    expect(await cluster.ask(change)).toMatchObject({ kind: 'busy' });

    // It is slower than its lock lasts: while it is away nobody else has a turn.
    cluster.node(one!).process.kill();
    await cluster.clock.run(60_000);
    expect(await turn(other)).toMatchObject({
      kind: 'refused',
      refusal: { sentence: expect.stringContaining('two would be away') },
    });
    cluster.start(one!, cluster.launch('abc', existing));
    await cluster.clock.run(3_000);
    const { signal } = new AbortController();
    expect(await cluster.ask(yieldTurn(cluster.node(one!).endpoint, leaseId, signal))).toBe(
      undefined,
    );
    expect(await turn(other)).toMatchObject({ kind: 'granted' });
  });
});
