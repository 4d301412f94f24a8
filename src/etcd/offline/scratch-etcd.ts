import { open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { textOf } from '../../errors/e2d-error.ts';
import { Connection } from '../client/connection.ts';
import { integerFromWire, statusFromWire } from '../client/decode.ts';
import type { StatusAnswer } from '../client/endpoint.ts';
import { isForUsers, toEtcdFault } from '../client/etcd-fault.ts';
import { readHashKv } from '../client/hash-kv.ts';
import type { RestoredMember } from './read-restored.ts';
import { failed, type ScratchOptions, ScratchProcess, sockets } from './scratch-process.ts';
import { ScratchUser } from './scratch-user.ts';

export interface HashKv {
  /** The store revision up to which it was made. */
  readonly revision: number;
  /** -1 where nothing was ever compacted. */
  readonly compactRevision: number;
  readonly hash: number;
}

export interface ScratchEtcd {
  readonly pid: number;
  /** Who etcd says that it is. */
  readonly ids: RestoredMember;
  /** The store's revision when it began to serve. */
  readonly revision: number;
  /** Rejects when the revision is compacted or still to come. */
  hashKv(revision: number): Promise<HashKv>;
  /** The keys at `revision`; null where etcd before 3.5 keeps them to its users. */
  countKeys(): Promise<number | null>;
  /** Kills it and waits until it is gone; its folder is the caller's to remove. */
  stop(): Promise<void>;
}

/** Loading the index of the largest database, on a slow disk. */
const defaultStartTimeoutMs = 10 * 60_000;
/** A hash reads the whole database. */
const readTimeoutMs = 10 * 60_000;

/**
 * Starts etcd on a restored data dir where nobody can reach it: it listens on sockets in a folder
 * that only this user can enter, and at no address. Resolves once it serves. It dies with e2d: by
 * `stop`, by the abort of `signal`, at e2d's exit, and when e2d is killed.
 *
 * Throws `E2D_SNAPSHOT_CORRUPT` or `E2D_SNAPSHOT_NEWER` when etcd refuses the data,
 * `E2D_RESTORE_FAILED` when this machine keeps it from starting, or the signal's reason.
 */
export async function startScratchEtcd(options: ScratchOptions): Promise<ScratchEtcd> {
  options.signal.throwIfAborted();
  const folder = await open(options.folder, 'r');
  // By way of the descriptor, the path of a socket stays short however deep the folder lies.
  const url = `unix:/proc/self/fd/${folder.fd}/${sockets.client}`;
  const user = new ScratchUser();
  const connection = new Connection(url, { token: () => user.token });
  await user.writeKey(options.folder).catch(async (problem) => {
    await folder.close();
    throw failed(
      `the folder of the scratch etcd cannot be written to: ${textOf(problem)}.`,
      problem,
    );
  });
  const running = new ScratchProcess({ ...options, flags: [user.etcdFlag] });
  const stop = async () => {
    connection.close();
    await running.kill();
    await folder.close();
  };
  try {
    await running.started();
    const { memberId, clusterId, revision } = await serving(connection, running, options);
    const authRevision = await authRevisionOf(connection, options);
    if (authRevision !== null) user.actAt(authRevision);
    return {
      pid: running.pid,
      ids: { memberId, clusterId },
      revision,
      stop,
      ...readsOf(running, { url, user, connection, options, revision }),
    };
  } catch (problem) {
    await stop();
    options.signal.throwIfAborted();
    throw problem;
  }
}

/** Its status, once it answers. */
async function serving(
  connection: Connection,
  running: ScratchProcess,
  { signal, startTimeoutMs = defaultStartTimeoutMs }: ScratchOptions,
): Promise<StatusAnswer> {
  const begunMs = performance.now();
  for (;;) {
    running.throwIfEnded();
    try {
      return await connection.quorum(
        async ({ kv, maintenance }, bounds) => {
          await unlessForUsers(kv.range({ key: Buffer.from([0]), keys_only: true }, bounds));
          return statusFromWire(await maintenance.status(bounds));
        },
        { signal, timeoutMs: 2_000 },
      );
    } catch (problem) {
      signal.throwIfAborted();
      if (performance.now() - begunMs > startTimeoutMs) {
        throw failed(
          `etcd did not serve within ${startTimeoutMs / 1000} s of its start: ${textOf(problem)}.`,
          problem,
        );
      }
    }
    await pause(20, null, { signal });
  }
}

/** Of etcd's users; null where it has none, or is too old to tell (before 3.5). */
async function authRevisionOf(
  connection: Connection,
  { signal }: ScratchOptions,
): Promise<number | null> {
  try {
    const answer = await connection.local(({ auth }, bounds) => auth.authStatus(bounds), {
      signal,
      timeoutMs: 10_000,
    });
    return answer.enabled ? integerFromWire(answer.authRevision) : null;
  } catch (problem) {
    if (textOf(problem).includes('unknown method')) return null;
    throw problem;
  }
}

interface Reads {
  readonly url: string;
  readonly user: ScratchUser;
  readonly connection: Connection;
  readonly options: ScratchOptions;
  readonly revision: number;
}

function readsOf(running: ScratchProcess, { url, user, connection, options, revision }: Reads) {
  const bounds = { signal: options.signal, timeoutMs: readTimeoutMs };
  const read = async <T>(what: Promise<T>): Promise<T> => {
    try {
      return await what;
    } catch (problem) {
      await running.throwIfEnding();
      throw problem;
    }
  };
  return {
    hashKv: (at: number) =>
      read(readHashKv(url, undefined, { ...bounds, revision: at, token: user.token })),
    countKeys() {
      const all = { key: Buffer.from([0]), range_end: Buffer.from([0]) };
      const range = { ...all, revision, count_only: true, serializable: true };
      const answer = connection.local(async ({ kv }, options) => {
        const found = await unlessForUsers(kv.range(range, options));
        return found === null ? null : integerFromWire(found.count);
      }, bounds);
      return read(answer);
    },
  } satisfies Partial<ScratchEtcd>;
}

/** Null where etcd has users, and keeps its keys to them: it is well otherwise. */
async function unlessForUsers<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (problem) {
    if (isForUsers(toEtcdFault(problem))) return null;
    throw problem;
  }
}
