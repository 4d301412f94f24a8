import { describe, expect, test } from 'vitest';
import type { MemberList } from '../../../../machines/facts.ts';
import type { EtcdEndpoint, Operation } from '../../../../src/etcd/client/endpoint.ts';
import {
  changeMembership,
  replaceMember,
} from '../../../../src/etcd/membership/change-membership.ts';
import { lockKey, removalKey } from '../../../../src/etcd/membership/keys.ts';
import type { MembershipDeps } from '../../../../src/etcd/membership/locked-work.ts';
import { lockedWorkLimitMs } from '../../../../src/etcd/membership/membership-lock.ts';
import {
  clientUrlOf,
  evidence,
  member,
  peer,
  peerUrlOf,
  policy,
  removalOfGone,
  status,
} from '../../../support/builders.ts';
import { scriptedEndpoint, scriptedPool } from '../scripted-endpoint.ts';

const three: MemberList = { clusterId: 'c1', members: evidence().members };
const two: MemberList = { clusterId: 'c1', members: [member('a'), member('b')] };

interface Script {
  /** What the member list shows, one look after the other; the last one stays. */
  readonly lists?: readonly MemberList[];
  readonly removalsLastHour?: number;
  readonly lockIsLost?: boolean;
  readonly memberList?: EtcdEndpoint['memberList'];
}

/** A cluster of `a`, `b` and the dead `c`, as `a` changes it; says what etcd was asked for. */
function cluster({ lists = [three, two], removalsLastHour = 0, lockIsLost, memberList }: Script) {
  const asked: string[] = [];
  const writes: Operation[] = [];
  const looks = [...lists];
  const removals = Array.from({ length: removalsLastHour }, (_, at) => ({
    key: removalKey(`m${at}`),
    value: '{}',
  }));
  const endpoint = scriptedEndpoint(clientUrlOf('a'), {
    status: async () => ({ ...status('a'), alarms: [] }),
    linearizableRead: async () => undefined,
    grantLease: async () => '7',
    revokeLease: async () => undefined,
    memberList:
      memberList ?? (async () => (looks.length > 1 ? looks.shift() : looks[0]) as MemberList),
    remove: async (id) => {
      asked.push(`remove ${id}`);
      return three;
    },
    addLearner: async ([url]) => {
      asked.push(`add ${url}`);
      return { ...three, memberId: 'mnew' };
    },
    transact: async ({ conditions, success }) => {
      const takesLock = conditions.some(
        (condition) => 'createRevision' in condition && condition.createRevision === '0',
      );
      if (!takesLock) writes.push(...success);
      const succeeded = takesLock || !lockIsLost;
      const found = takesLock ? [[], removals] : [];
      return { succeeded, found: found as never, revision: '9' };
    },
  });
  const b = scriptedEndpoint(clientUrlOf('b'), {
    status: async () => ({ ...status('b'), alarms: [] }),
  });
  const limits: { readonly run: () => void; readonly ms: number }[] = [];
  const deps: MembershipDeps = {
    endpoint,
    endpoints: scriptedPool(endpoint, b),
    peers: () => [peer('b', { status: 'running', unreachable: ['mc'] })],
    requiredSize: 3,
    policy,
    nodeName: 'a',
    clock: {
      setTimeout: (run, ms) => limits.push({ run, ms }),
      clearTimeout: () => undefined,
    },
  };
  return { deps, asked, writes, limits };
}

describe('a change of the member list', () => {
  test('is made, and looked at afterwards', async () => {
    const { deps, asked } = cluster({});
    expect(await changeMembership(removalOfGone, deps)).toEqual({
      kind: 'done',
      members: two,
      memberId: 'mc',
    });
    expect(asked).toEqual(['remove mc']);
  });

  test('what a rule forbids is not even asked for', async () => {
    const { deps, asked, writes } = cluster({});
    const young = { ...removalOfGone, ground: { kind: 'gone', heldMs: 59_999 } } as const;
    expect(await changeMembership(young, deps)).toMatchObject({
      kind: 'refused',
      refusal: { rule: 'S11' },
    });
    expect(asked).toEqual([]);
    expect(writes.filter(({ kind }) => kind === 'put')).toEqual([]);
  });

  test('a lock that was lost meanwhile changes nothing', async () => {
    const { deps, asked } = cluster({ lockIsLost: true });
    expect(await changeMembership(removalOfGone, deps)).toMatchObject({
      kind: 'failed',
      fault: { code: 'lock-lost' },
    });
    expect(asked).toEqual([]);
  });

  test('work that takes too long is given up before the lock ends', async () => {
    let onLook: () => void = () => undefined;
    const looked = new Promise<void>((resolve) => {
      onLook = resolve;
    });
    const { deps, asked, limits } = cluster({
      memberList: (options) =>
        new Promise((_, reject) => {
          options?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
          onLook();
        }),
    });
    const outcome = changeMembership(removalOfGone, deps);
    await looked;
    expect(limits.map(({ ms }) => ms)).toEqual([lockedWorkLimitMs]);
    limits[0]?.run();
    expect(await outcome).toMatchObject({ kind: 'failed', fault: { code: 'deadline' } });
    expect(asked).toEqual([]);
  });

  test('a change that the member list does not show has failed', async () => {
    const { deps } = cluster({ lists: [three] });
    expect(await changeMembership(removalOfGone, deps)).toMatchObject({
      kind: 'failed',
      fault: { code: 'unexpected-answer' },
    });
  });

  test('a learner is promoted by the leader itself, whoever asks', async () => {
    const joining = { ...three, members: [...two.members, member('c', { learner: true })] };
    const { deps } = cluster({ lists: [joining, three] });
    const promoted: string[] = [];
    const led = (name: string, learner = false) =>
      scriptedEndpoint(clientUrlOf(name), {
        status: async () => ({ ...status(name, { leaderId: 'mb', learner }), alarms: [] }),
        promote: async (id) => {
          promoted.push(`${id} at ${name}`);
          return three;
        },
      });
    const endpoints = scriptedPool(led('a'), led('b'), led('c', true));
    const peers = () => [peer('b'), peer('c')];
    const outcome = await changeMembership(
      { kind: 'promote', memberId: 'mc' },
      { ...deps, endpoints, peers },
    );
    expect(outcome).toMatchObject({ kind: 'done' });
    expect(promoted).toEqual(['mc at b']);
  });

  test('a list of another cluster confirms nothing', async () => {
    const { deps } = cluster({ lists: [three, { ...two, clusterId: 'c2' }] });
    expect(await changeMembership(removalOfGone, deps)).toMatchObject({
      kind: 'failed',
      fault: { code: 'wrong-cluster' },
    });
  });

  test('a replacement ends where the removal is refused', async () => {
    const { deps, asked } = cluster({ lists: [three] });
    const foreign = { memberId: 'mc', peerUrl: peerUrlOf('d') };
    expect(await replaceMember(foreign, deps)).toMatchObject({
      kind: 'refused',
      refusal: { rule: 'S12' },
    });
    expect(asked).toEqual([]);
  });
});

describe('the cap on removals (S14)', () => {
  test('the removal of a voter is written down for an hour, before it is made', async () => {
    const { deps, writes, asked } = cluster({ lists: [three] });
    await changeMembership(removalOfGone, deps);
    expect(asked).toEqual(['remove mc']);
    expect(writes).toContainEqual({
      kind: 'put',
      key: removalKey('mc'),
      value: JSON.stringify(removalOfGone.ground),
      leaseId: '7',
    });
    expect(writes.at(-1)).toEqual({ kind: 'delete', key: lockKey });
  });

  test('removals by others count to the cap', async () => {
    const { deps, asked } = cluster({ removalsLastHour: 3 });
    expect(await changeMembership(removalOfGone, deps)).toMatchObject({
      kind: 'refused',
      refusal: { rule: 'S14' },
    });
    expect(asked).toEqual([]);
  });
});
