import type {
  CallOptions,
  EtcdEndpoint,
  LeaseId,
  Operation,
  Transaction,
} from '../../etcd/client/endpoint.ts';
import { EtcdFault } from '../../etcd/client/etcd-fault.ts';
import { streamOf } from './keyspace-stream.ts';
import {
  addMember,
  memberList,
  moveLeader,
  progressOfAll,
  promoteMember,
  removeMember,
  statusOf,
} from './member-requests.ts';
import { linearizable, local, type Service, write } from './requests.ts';
import { minLeaseSeconds } from './timing.ts';

/** Makes one call: see `Caller`. */
export interface Calls {
  readonly url: string;
  call<T>(service: Service<T>, options?: CallOptions): Promise<T>;
  nextLeaseId(): LeaseId;
  close(): void;
}

/** The deadlines of the real client, for calls that name none. */
const changeTimeoutMs = 4_000;
const progressTimeoutMs = 1_000;

/** The endpoint of the real client's interface, over calls to simulated members. */
export function endpointOver(calls: Calls): EtcdEndpoint {
  return {
    url: calls.url,
    ...members(calls),
    ...health(calls),
    ...keys(calls),
    close: calls.close,
  };
}

function members({ call }: Calls) {
  const change = (options?: CallOptions) => ({ timeoutMs: changeTimeoutMs, ...options });
  return {
    memberList: (options) => call(memberList(options?.linearizable ?? true), options),
    addLearner: (urls, options) => call(addMember('addLearner', urls), change(options)),
    addMember: (urls, options) => call(addMember('add', urls), change(options)),
    promote: (id, options) => call(promoteMember(id), change(options)),
    remove: (id, options) => call(removeMember(id), change(options)),
    setPeerUrls: () => Promise.reject(unsupported('setPeerUrls')),
    moveLeader: (toId, options) => call(moveLeader(toId), options),
  } satisfies Partial<EtcdEndpoint>;
}

function health({ call }: Calls) {
  return {
    status: (options) => call(local(statusOf), options),
    raftProgress: (options) =>
      call(local(progressOfAll), { timeoutMs: progressTimeoutMs, ...options }),
    linearizableRead: (options) =>
      call(
        linearizable(() => undefined),
        options,
      ),
    serializableRead: (options) =>
      call(
        local(() => undefined),
        options,
      ),
    hashKv: () => Promise.reject(unsupported('hashKv')),
    snapshot: (options) => call(local(streamOf), options),
  } satisfies Partial<EtcdEndpoint>;
}

function unsupported(call: string): EtcdFault {
  return new EtcdFault('unknown', `The simulated etcd has no ${call}.`);
}

function keys({ call, nextLeaseId }: Calls) {
  const transact = (transaction: Transaction, options?: CallOptions) =>
    call(
      write({ kind: 'transaction', transaction }, (_member, { succeeded, found, revision }) => ({
        succeeded,
        found,
        revision: String(revision),
      })),
      options,
    );
  return {
    get: (key, options) =>
      call(
        linearizable(({ machine }) => machine.get(key)),
        options,
      ),
    async put(key, value, options) {
      const put: Operation = { kind: 'put', key, value };
      return (await transact({ conditions: [], success: [put] }, options)).revision;
    },
    transact,
    grantLease(ttl, options) {
      const leaseId = nextLeaseId();
      const ttlSeconds = Math.max(ttl, minLeaseSeconds);
      return call(
        write({ kind: 'grantLease', leaseId, ttlSeconds }, () => leaseId),
        options,
      );
    },
    revokeLease: (leaseId, options) =>
      call(
        write({ kind: 'revokeLease', leaseId }, () => undefined),
        options,
      ),
  } satisfies Partial<EtcdEndpoint>;
}
