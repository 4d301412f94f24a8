import { asyncScheduler, firstValueFrom, NEVER, of, take, toArray } from 'rxjs';
import { expect, test } from 'vitest';
import type { MemberList } from '../../../../machines/facts.ts';
import { EtcdFault } from '../../../../src/etcd/client/etcd-fault.ts';
import { probeMembers$ } from '../../../../src/etcd/probes/probe-members.ts';
import { probeOwn$ } from '../../../../src/etcd/probes/probe-own.ts';
import { scriptedEndpoint, scriptedPool } from '../scripted-endpoint.ts';

const timing = { timeoutMs: 100, scheduler: asyncScheduler, now: () => 42 };
const noQuorum = () => Promise.reject(new EtcdFault('no-leader', 'no leader'));

test('a question that fails does not hide how the others were answered', async () => {
  const endpoint = scriptedEndpoint('http://a:1', {
    linearizableRead: noQuorum,
    serializableRead: async () => {},
  });
  const probe = await firstValueFrom(probeOwn$(endpoint, { ...timing, intervalMs: 1_000 }));
  expect(probe).toEqual({
    atMs: 42,
    linearizable: { code: 'no-leader', message: 'no leader' },
    serializable: 'ok',
    status: { code: 'unavailable', message: 'http://a:1 has no answer' },
    alarms: [],
  });
});

test('members that are known are asked also while the list cannot be read', async () => {
  const a = { id: 'a', name: 'a', peerUrls: [], clientUrls: ['http://a:1'], learner: false };
  const list: MemberList = { clusterId: 'c1', members: [a] };
  const answers = [() => Promise.resolve(list), noQuorum];
  const endpoint = scriptedEndpoint('http://b:1', {
    memberList: () => (answers.shift() ?? noQuorum)(),
  });
  const options = { ...timing, endpoint, endpoints: scriptedPool(), everyMs$: of(1), now$: NEVER };
  const probes = await firstValueFrom(probeMembers$(options).pipe(take(2), toArray()));
  expect(probes.map(({ members }) => ('code' in members ? members.code : 'list'))).toEqual([
    'list',
    'no-leader',
  ]);
  expect(probes.map(({ faults }) => faults['a']?.code)).toEqual(['unavailable', 'unavailable']);
});
