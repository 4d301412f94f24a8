import type { MemberList } from '../../../machines/facts.ts';
import { Connection, type ConnectionOptions, shownNow } from './connection.ts';
import {
  idFromWire,
  idToWire,
  keyValueFromWire,
  memberListFromWire,
  statusFromWire,
} from './decode.ts';
import type { AddedMember, CallOptions, EtcdEndpoint } from './endpoint.ts';
import { isForUsers, toEtcdFault } from './etcd-fault.ts';
import { readHashKv } from './hash-kv.ts';
import { readRaftProgress } from './raft-progress.ts';
import { openSnapshot } from './snapshot-stream.ts';
import { foundFromWire, transactionToWire } from './transaction.ts';

/** Any key will do, existing or not: the read is made for the round it takes through the quorum. */
const probedKey = Buffer.from('/_e2d/probe');

/** Raft's answer to a member change may wait for a slow disk on every voter. */
const changeTimeoutMs = 4_000;

/**
 * Opens one member's client endpoint; it connects at the first call. The caller owns it: `close()`.
 * `url` is `http://host:port` or `https://host:port`.
 */
export function createEtcdEndpoint(url: string, given: ConnectionOptions = {}): EtcdEndpoint {
  const options = url.startsWith('https:') ? given : withoutTls(given);
  const connection = new Connection(url, options);
  const closing = new AbortController();
  const endedBy = (signal?: AbortSignal) =>
    AbortSignal.any([closing.signal, ...(signal === undefined ? [] : [signal])]);
  return {
    url,
    ...membersOf(connection),
    ...healthOf(connection),
    ...keysOf(connection),
    raftProgress: (bounds) => readRaftProgress(url, shownNow(options), bounds),
    hashKv: (revision, { signal, ...bounds } = {}) =>
      readHashKv(url, shownNow(options), { ...bounds, revision, signal: endedBy(signal) }),
    snapshot: ({ signal, ...bounds }) =>
      openSnapshot(url, { ...bounds, tls: shownNow(options), signal: endedBy(signal) }),
    close() {
      closing.abort();
      connection.close();
    },
  };
}

/** With a certificate in its hand etcd's client would talk TLS to a plain port. */
function withoutTls({ tls: _, ...rest }: ConnectionOptions): ConnectionOptions {
  return rest;
}

function membersOf(connection: Connection) {
  const list = async (options?: CallOptions): Promise<MemberList> =>
    memberListFromWire(
      await connection.local(({ cluster }, bounds) => cluster.memberList({}, bounds), options),
    );
  const add = async (peerUrls: readonly string[], isLearner: boolean, options?: CallOptions) => {
    const request = { peerURLs: [...peerUrls], isLearner };
    const answer = await connection.quorum(
      ({ cluster }, bounds) => cluster.memberAdd(request, bounds),
      { timeoutMs: changeTimeoutMs, ...options },
    );
    const memberId = idFromWire(answer.member.ID);
    return { ...memberListFromWire(answer), memberId } satisfies AddedMember;
  };
  return {
    // etcd 3.4 lists from the member's own state whatever it is asked. A linearizable read of the
    // same endpoint before it brings that state up to date on every version: changes of members
    // pass through the same log, and are applied in its order.
    async memberList(options: CallOptions & { readonly linearizable?: boolean } = {}) {
      if (options.linearizable ?? true) await readThroughQuorum(connection, options);
      return list(options);
    },
    addLearner: (peerUrls, options) => add(peerUrls, true, options),
    addMember: (peerUrls, options) => add(peerUrls, false, options),
    async promote(id, options) {
      return memberListFromWire(
        await connection.quorum(
          ({ cluster }, bounds) => cluster.memberPromote({ ID: idToWire(id) }, bounds),
          { timeoutMs: changeTimeoutMs, ...options },
        ),
      );
    },
    async remove(id, options) {
      return memberListFromWire(
        await connection.quorum(
          ({ cluster }, bounds) => cluster.memberRemove({ ID: idToWire(id) }, bounds),
          { timeoutMs: changeTimeoutMs, ...options },
        ),
      );
    },
    async setPeerUrls(id, peerUrls, options) {
      const request = { ID: idToWire(id), peerURLs: [...peerUrls] };
      await connection.quorum(({ cluster }, bounds) => cluster.memberUpdate(request, bounds), {
        timeoutMs: changeTimeoutMs,
        ...options,
      });
    },
    async moveLeader(toId, options) {
      const request = { targetID: idToWire(toId) };
      await connection.quorum(
        ({ maintenance }, bounds) => maintenance.moveLeader(request, bounds),
        options,
      );
    },
  } satisfies Partial<EtcdEndpoint>;
}

async function readThroughQuorum(connection: Connection, options?: CallOptions): Promise<void> {
  const request = { key: probedKey, keys_only: true };
  const read = connection.quorum(({ kv }, bounds) => kv.range(request, bounds), options);
  await read.catch(unlessRefused);
}

/**
 * etcd looks at the rights to a key only when the read has taken its round: a refusal proves the
 * quorum, and the member's health, as well as an answer does. Whether this e2d is one of etcd's
 * users is another question than whether etcd is well.
 */
function unlessRefused(problem: unknown): void {
  if (!isForUsers(toEtcdFault(problem))) throw problem;
}

function healthOf(connection: Connection) {
  return {
    async status(options) {
      return statusFromWire(
        await connection.local(({ maintenance }, bounds) => maintenance.status(bounds), options),
      );
    },
    linearizableRead: (options) => readThroughQuorum(connection, options),
    async serializableRead(options) {
      const request = { key: probedKey, keys_only: true, serializable: true };
      const read = connection.local(({ kv }, bounds) => kv.range(request, bounds), options);
      await read.catch(unlessRefused);
    },
  } satisfies Partial<EtcdEndpoint>;
}

function keysOf(connection: Connection) {
  return {
    async get(key, options) {
      const answer = await connection.quorum(
        ({ kv }, bounds) => kv.range({ key: Buffer.from(key) }, bounds),
        options,
      );
      const [pair] = answer.kvs;
      return pair === undefined ? null : keyValueFromWire(pair);
    },
    async put(key, value, options) {
      const request = { key: Buffer.from(key), value: Buffer.from(value) };
      const answer = await connection.quorum(({ kv }, bounds) => kv.put(request, bounds), options);
      return answer.header.revision;
    },
    async transact(transaction, options) {
      const request = transactionToWire(transaction);
      const answer = await connection.quorum(({ kv }, bounds) => kv.txn(request, bounds), options);
      const { succeeded, responses, header } = answer;
      return { succeeded, found: foundFromWire(responses), revision: header.revision };
    },
    async grantLease(ttlSeconds, options) {
      const answer = await connection.quorum(
        ({ leaseClient }, bounds) => leaseClient.leaseGrant({ TTL: ttlSeconds }, bounds),
        options,
      );
      return answer.ID;
    },
    async revokeLease(id, options) {
      await connection.quorum(
        ({ leaseClient }, bounds) => leaseClient.leaseRevoke({ ID: id }, bounds),
        options,
      );
    },
  } satisfies Partial<EtcdEndpoint>;
}
