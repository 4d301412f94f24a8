import { expect, test } from 'vitest';
import type { Member } from '../../../../machines/facts.ts';
import { askMembers } from '../../../../src/etcd/membership/member-statuses.ts';
import { scriptedEndpoint, scriptedPool } from '../scripted-endpoint.ts';

const clusterId = 'c1';

function member(id: string, ...clientUrls: string[]): Member {
  const name = clientUrls.length === 0 ? '' : id;
  return { id, name, peerUrls: [`http://${id}:2380`], clientUrls, learner: false };
}

function answering(url: string, memberId: string, cluster = clusterId) {
  const status = {
    memberId,
    clusterId: cluster,
    leaderId: memberId,
    raftTerm: 2,
    raftIndex: 5,
    raftAppliedIndex: 5,
    revision: 1,
    dbSizeBytes: 4096,
    version: '3.5.30',
    learner: false,
    alarms: [],
  };
  return scriptedEndpoint(url, { status: async () => status });
}

async function ask(members: readonly Member[], pool: ReturnType<typeof scriptedPool>) {
  return askMembers({ clusterId, members }, pool, { timeoutMs: 1_000 });
}

test('the first client URL of a member that answers is enough', async () => {
  const pool = scriptedPool(answering('http://a:2', 'a'));
  const { statuses, faults } = await ask([member('a', 'http://a:1', 'http://a:2')], pool);
  expect(statuses['a']?.memberId).toBe('a');
  expect(faults).toEqual({});
});

test('an answer of another member, as from a shared localhost, is no answer', async () => {
  const pool = scriptedPool(answering('http://localhost:2379', 'b'));
  const { statuses, faults } = await ask([member('a', 'http://localhost:2379')], pool);
  expect(statuses).toEqual({});
  expect(faults['a']).toMatchObject({ code: 'wrong-member' });
});

test('an answer from another cluster is no answer', async () => {
  const pool = scriptedPool(answering('http://a:1', 'a', 'c2'));
  const { statuses, faults } = await ask([member('a', 'http://a:1')], pool);
  expect(statuses).toEqual({});
  expect(faults['a']).toMatchObject({ code: 'wrong-member' });
});

test('a member that has not started, and one that is down, are faults by their ids', async () => {
  const pool = scriptedPool(answering('http://a:1', 'a'));
  const members = [member('a', 'http://a:1'), member('b', 'http://b:1'), member('c')];
  const { statuses, faults } = await ask(members, pool);
  expect(Object.keys(statuses)).toEqual(['a']);
  expect(Object.keys(faults)).toEqual(expect.arrayContaining(['b', 'c']));
});
