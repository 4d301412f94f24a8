import type { EtcdEndpoint } from '../../../src/etcd/client/endpoint.ts';
import type { EndpointPool } from '../../../src/etcd/client/endpoint-pool.ts';
import { EtcdFault } from '../../../src/etcd/client/etcd-fault.ts';

/** An endpoint that answers what it is told to, and refuses everything else as unavailable. */
export function scriptedEndpoint(
  url: string,
  answers: Partial<Omit<EtcdEndpoint, 'close'>> & { close?: () => unknown },
): EtcdEndpoint {
  const refuse = () => Promise.reject(new EtcdFault('unavailable', `${url} has no answer`));
  return {
    url,
    memberList: refuse,
    status: refuse,
    raftProgress: refuse,
    hashKv: refuse,
    snapshot: refuse,
    linearizableRead: refuse,
    serializableRead: refuse,
    addLearner: refuse,
    addMember: refuse,
    promote: refuse,
    remove: refuse,
    setPeerUrls: refuse,
    moveLeader: refuse,
    get: refuse,
    put: refuse,
    transact: refuse,
    grantLease: refuse,
    revokeLease: refuse,
    ...answers,
    close: () => void answers.close?.(),
  };
}

/** A pool of the given endpoints; every other URL is unavailable. */
export function scriptedPool(...endpoints: readonly EtcdEndpoint[]): EndpointPool {
  return {
    at: (url) => endpoints.find((endpoint) => endpoint.url === url) ?? scriptedEndpoint(url, {}),
    keepOnly: () => {},
    close: () => {},
  };
}
