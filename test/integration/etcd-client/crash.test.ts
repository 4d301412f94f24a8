import { beforeAll, expect, test } from 'vitest';
import type { MembershipChange } from '../../../machines/membership/evidence.ts';
import type { EtcdEndpoint } from '../../../src/etcd/client/endpoint.ts';
import { createEndpointPool } from '../../../src/etcd/client/endpoint-pool.ts';
import { EtcdFault } from '../../../src/etcd/client/etcd-fault.ts';
import { loadEtcd3 } from '../../../src/etcd/client/load-etcd3.ts';
import { changeMembership } from '../../../src/etcd/membership/change-membership.ts';
import { lockKey } from '../../../src/etcd/membership/keys.ts';
import { startEtcdCluster } from '../../support/etcd-launcher.ts';
import { waitUntil } from '../../support/wait-until.ts';

beforeAll(loadEtcd3);

/** Passes on so many calls; from the next on nothing reaches etcd, as if its caller had died. */
function dyingAfter(calls: number, endpoint: EtcdEndpoint): EtcdEndpoint {
  let left = calls;
  const passOn = <A extends unknown[], T>(call: (...args: A) => Promise<T>) => {
    return (...args: A): Promise<T> => {
      left -= 1;
      return left >= 0 ? call(...args) : Promise.reject(new EtcdFault('unavailable', 'died'));
    };
  };
  return {
    ...endpoint,
    memberList: passOn(endpoint.memberList),
    addLearner: passOn(endpoint.addLearner),
    transact: passOn(endpoint.transact),
    grantLease: passOn(endpoint.grantLease),
    revokeLease: passOn(endpoint.revokeLease),
  };
}

/** The calls of one change: lease, lock, list, record, request, list, unlock, end of the lease. */
const crashPoints = [1, 2, 3, 4, 5, 6, 7];

test.concurrent.each(crashPoints)(
  'a manager that dies after call %i leaves nothing that another cannot finish',
  async (calls) => {
    const cluster = await startEtcdCluster(1);
    const endpoints = createEndpointPool();
    try {
      const endpoint = endpoints.at(cluster.member(0).clientUrl);
      const { peerUrl } = await cluster.addBlank();
      const add: MembershipChange = { kind: 'addLearner', peerUrl };
      const policy = {
        healthCheckTimeoutMs: 1_000,
        learnerTimeoutMs: 1_000,
        maxRemovalsPerHour: 3,
        learnerLagMaxEntries: 100,
      };
      const deps = { endpoints, peers: () => [alivePeer(peerUrl)], requiredSize: 2, policy };
      const dying = dyingAfter(calls, endpoint);
      await changeMembership(add, {
        ...deps,
        endpoint: dying,
        nodeName: 'dying',
        clock: globalThis,
      });

      const next = await waitUntil(
        async () => {
          const outcome = await changeMembership(add, {
            ...deps,
            endpoint,
            nodeName: 'next',
            clock: globalThis,
          });
          return outcome.kind !== 'busy' && outcome;
        },
        { what: 'the lock passes on', withinMs: 20_000 },
      );
      expect(next.kind).toBe(calls < 5 ? 'done' : 'refused');
      const { members } = await endpoint.memberList();
      expect(members.filter(({ learner }) => learner).map(({ peerUrls }) => peerUrls)).toEqual([
        [peerUrl],
      ]);
      expect(await endpoint.get(lockKey)).toBeNull();
    } finally {
      endpoints.close();
      await cluster.stop();
    }
  },
);

function alivePeer(peerUrl: string) {
  return {
    nodeId: 'b',
    name: 'b',
    liveness: 'alive',
    peerUrl,
    clientUrl: '',
    requiredSize: 2,
    status: 'planning',
    data: 'none',
    clusterId: null,
    lineage: null,
    plan: null,
    unreachable: [],
    etcdVersion: '',
    e2dVersion: '',
  } as const;
}
