import { describe, expect, test } from 'vitest';
import type { LogEntry } from '../../../../src/simulation/etcd/commands.ts';
import { compareLogs, type DataDir, EtcdDisk } from '../../../../src/simulation/etcd/disk.ts';
import { campaign } from '../../../../src/simulation/etcd/election.ts';
import { RaftGroup } from '../../../../src/simulation/etcd/group.ts';
import {
  clusterIdOf,
  compareIds,
  memberIdOf,
} from '../../../../src/simulation/etcd/identifiers.ts';
import { RaftMember } from '../../../../src/simulation/etcd/member.ts';
import { SimulatedProcess } from '../../../../src/simulation/etcd/process.ts';
import { clientUrlOf, peerUrlOf, TestCluster } from './etcd-world.ts';

/** A data dir of a cluster of a, b and c: what formed it, and then entries of these terms. */
function dataOf(name: string, terms: readonly number[], commit = 3): DataDir {
  const members = [...'abc']
    .map((member) => ({
      id: memberIdOf([peerUrlOf(member)], 'token'),
      name: member,
      peerUrls: [peerUrlOf(member)],
      clientUrls: [],
      learner: false,
    }))
    .sort((a, b) => compareIds(a.id, b.id));
  const changes = members.map((member) => ({ kind: 'add', member }) as const);
  const log: LogEntry[] = changes.map((change, at) => ({
    index: at + 1,
    term: 1,
    command: { kind: 'config', change },
    proposalId: null,
  }));
  for (const term of terms) {
    log.push({ index: log.length + 1, term, command: { kind: 'noop' }, proposalId: null });
  }
  return {
    memberId: memberIdOf([peerUrlOf(name)], 'token'),
    clusterId: clusterIdOf(members.map(({ id }) => id)),
    term: terms.at(-1) ?? 1,
    votedFor: null,
    log,
    commit,
  };
}

function startFrom(cluster: TestCluster, name: string, data: DataDir): void {
  const disk = new EtcdDisk();
  disk.format(data);
  const [peerUrl, clientUrl] = [peerUrlOf(name), clientUrlOf(name)];
  const launch = cluster.launch('abc');
  const process = cluster.model.start({ disk, host: name, name, peerUrl, clientUrl, launch });
  const endpoint = cluster.model.endpoint(name, clientUrl);
  cluster.nodes.set(name, { name, disk, endpoint, peerUrl, clientUrl, process });
}

test('ids are those that etcd itself makes of the same flags', () => {
  expect(memberIdOf(['http://127.0.0.1:2380'], 'etcd-cluster')).toMatch(/^[0-9a-f]{1,16}$/);
  expect(memberIdOf(['http://localhost:2380'], 'etcd-cluster')).toBe('8e9e05c52164694d');
  expect(clusterIdOf(['8e9e05c52164694d'])).toBe('cdf818194e3a8c32');
});

test('the newer last term outweighs the longer log', () => {
  expect(compareLogs(dataOf('a', [2, 2, 2]), dataOf('a', [2, 3]))).toBeLessThan(0);
  expect(compareLogs(dataOf('a', [2, 3, 3]), dataOf('a', [2, 3]))).toBeGreaterThan(0);
  expect(compareLogs(dataOf('a', [2, 3]), dataOf('b', [2, 3]))).toBe(0);
});

test('entries of older terms are committed by one of the leader’s own only', async () => {
  const cluster = new TestCluster(1, { catchUpEntriesPerSecond: 10 });
  startFrom(cluster, 'a', dataOf('a', [2, 2, 2, 2]));
  startFrom(cluster, 'b', dataOf('b', []));
  startFrom(cluster, 'c', dataOf('c', []));
  const commits = new Set<number>();
  const held = new Set<number>();
  await cluster.clock.run(6_000, () => {
    const view = cluster.views().find(({ host, role }) => host === 'a' && role === 'leader');
    if (view === undefined) return false;
    commits.add(view.commit);
    held.add(cluster.view('b').lastIndex);
    return view.commit > 8;
  });
  expect([...held].length).toBeGreaterThan(3);
  expect([...commits].filter((commit) => commit < 8)).toEqual([3]);
});

test('a history that was forked ends the member whose entry loses', async () => {
  const cluster = new TestCluster();
  startFrom(cluster, 'a', dataOf('a', [3], 4));
  startFrom(cluster, 'b', dataOf('b', [2], 4));
  startFrom(cluster, 'c', dataOf('c', [3], 4));
  await cluster.clock.run(5_000);
  expect((await cluster.node('b').process.exited).reason.kind).toBe('crashed');
});

test('a member that forgot is not given back what the leader counts on', async () => {
  const cluster = new TestCluster();
  await cluster.form('abc');
  const [lost] = cluster.followers;
  lost!.process.kill();
  lost!.disk.wipe();
  await cluster.clock.run(105 - (cluster.clock.nowMs() % 100));
  cluster.start(lost!.name, cluster.launch('abc', { clusterState: 'existing' }));
  await cluster.clock.run(200, () => cluster.views().length === 3);
  await cluster.ask(cluster.leader.endpoint.put('/between-two-beats', 'v'));
  await cluster.clock.run(200);
  expect((await lost!.process.exited).reason.kind).toBe('killed');
  expect((await cluster.node(lost!.name).process.exited).reason.kind).toBe('corrupt-data');
});

test('only one change of the members is taken at a time', async () => {
  const cluster = new TestCluster();
  await cluster.form('abcde');
  const [one, other] = cluster.followers.map(({ name }) => cluster.view(name).memberId);
  const { endpoint } = cluster.leader;
  const answers = [endpoint.remove(one!), endpoint.remove(other!)].map((call) =>
    call.then(
      ({ members }) => members.length,
      ({ code }: { code: string }) => code,
    ),
  );
  await cluster.clock.run(5_000);
  expect(await Promise.all(answers)).toEqual(expect.arrayContaining([4, 'deadline']));
});

describe('a vote', () => {
  function group(datas: readonly DataDir[]) {
    const { world, cut } = new TestCluster();
    const raft = new RaftGroup({
      world,
      clusterId: 'c',
      catchUpEntriesPerSecond: 5_000,
      nextProposalId: () => 1,
      onConfigChange: () => undefined,
    });
    const members = datas.map((data, at) => {
      const name = 'abc'[at] ?? '';
      const disk = new EtcdDisk();
      disk.format(data);
      const member = new RaftMember({
        process: new SimulatedProcess(at, name, world.clock),
        disk,
        data,
        name,
        peerUrl: peerUrlOf(name),
        clientUrl: clientUrlOf(name),
        version: '3.6.14',
      });
      raft.join(member);
      return member;
    });
    return { raft, cut, a: members[0]!, b: members[1]!, c: members[2]! };
  }

  test('is not given to a log that lacks something', () => {
    const { raft, a, c } = group([dataOf('a', [2]), dataOf('b', [2]), dataOf('c', [])]);
    c.data.term = 2;
    campaign(raft, c);
    expect(c.isLeader).toBe(false);
    expect(a.data).toMatchObject({ term: 3, votedFor: null });
    campaign(raft, a);
    expect(a.isLeader).toBe(true);
  });

  test('is given once in a term, and stays on the disk', () => {
    const { raft, cut, a, b, c } = group(['a', 'b', 'c'].map((name) => dataOf(name, [2])));
    cut.add('a>c');
    campaign(raft, a);
    expect(a.isLeader).toBe(true);
    expect(b.disk.data).toMatchObject({ term: 3, votedFor: a.id });
    cut.add('c>a');
    campaign(raft, c);
    expect(c.data).toMatchObject({ term: 3, votedFor: c.id });
    expect(c.isLeader).toBe(false);
  });
});
