import { open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { textOf } from '../../errors/e2d-error.ts';
import { Connection } from '../client/connection.ts';
import { integerFromWire, statusFromWire } from '../client/decode.ts';
import type { StatusAnswer } from '../client/endpoint.ts';
import { etcdEnvironment } from '../flags/etcd-environment.ts';
import type { RestoredMember } from './read-restored.ts';
import { runTool } from './run-tool.ts';
import { failed, type ScratchOptions, ScratchProcess, sockets } from './scratch-process.ts';
import { toolSentence } from './tool-failure.ts';

export interface HashKv {
  /** The store revision up to which it was made. */
  readonly revision: number;
  /** -1 where nothing was ever compacted. */
  readonly compactRevision: number;
  readonly hash: number;
}

export interface ScratchEtcd {
  readonly pid: number;
  /** Who etcd says that it is; like all that is asked of it, null when it tells its users only. */
  readonly ids: RestoredMember | null;
  /** The store's revision when it began to serve. */
  readonly revision: number | null;
  /** Rejects when the revision is compacted or still to come. */
  hashKv(revision: number): Promise<HashKv | null>;
  /** The keys at `revision`. */
  countKeys(): Promise<number | null>;
  /** Kills it and waits until it is gone; its folder is the caller's to remove. */
  stop(): Promise<void>;
}

/** Loading the index of the largest database, on a slow disk. */
const defaultStartTimeoutMs = 10 * 60_000;
/** A hash reads the whole database. */
const readTimeoutMs = 10 * 60_000;

const hashSchema = z.tuple([
  z.object({ HashKV: z.object({ hash: z.int(), compact_revision: z.int().default(0) }) }),
]);

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
  const connection = new Connection(`unix:/proc/self/fd/${folder.fd}/${sockets.client}`, {});
  const running = new ScratchProcess(options);
  const stop = async () => {
    connection.close();
    await running.kill();
    await folder.close();
  };
  try {
    await running.started();
    const status = await serving(connection, running, options);
    const ids = status && { memberId: status.memberId, clusterId: status.clusterId };
    const revision = status?.revision ?? null;
    return {
      pid: running.pid,
      ids,
      revision,
      stop,
      ...readsOf(connection, running, { options, revision }),
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
): Promise<StatusAnswer | null> {
  const begunMs = performance.now();
  for (;;) {
    running.throwIfEnded();
    try {
      return await connection.quorum(
        async ({ kv, maintenance }, bounds) => {
          await unlessForUsers(kv.range({ key: Buffer.from([0]), keys_only: true }, bounds));
          const status = await unlessForUsers(maintenance.status(bounds));
          return status === null ? null : statusFromWire(status);
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

/** By etcdctl, for etcd3 cannot call it: its gRPC client knows the method under another name. */
async function hashKvOf(
  { binaries, folder: cwd, signal }: ScratchOptions,
  revision: number,
): Promise<HashKv | null> {
  const end = await runTool(binaries.etcdctl, {
    args: [
      `--endpoints=unix://${sockets.client}`,
      `--command-timeout=${readTimeoutMs / 1000}s`,
      ...['endpoint', 'hashkv', `--rev=${revision}`, '--write-out=json'],
    ],
    environment: { ...etcdEnvironment(process.env), ETCDCTL_API: '3' },
    ...{ cwd, signal, timeoutMs: readTimeoutMs },
  });
  if (end.code !== 0 && forUsers.test(end.stderr)) return null;
  if (end.code !== 0) throw failed(`etcd told no hash of its keys: ${toolSentence(end)}.`);
  const [answer] = hashSchema.parse(JSON.parse(end.stdout));
  const { hash, compact_revision: compactRevision } = answer.HashKV;
  return { revision, compactRevision, hash };
}

function readsOf(
  connection: Connection,
  running: ScratchProcess,
  { options, revision }: { readonly options: ScratchOptions; readonly revision: number | null },
) {
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
    hashKv: (at: number) => read(hashKvOf(options, at)),
    countKeys() {
      const all = { key: Buffer.from([0]), range_end: Buffer.from([0]) };
      const answer = connection.local(async ({ kv }, options) => {
        const at = revision ?? 0;
        const range = { ...all, revision: at, count_only: true, serializable: true };
        const found = await unlessForUsers(kv.range(range, options));
        return found === null ? null : integerFromWire(found.count);
      }, bounds);
      return read(answer);
    },
  } satisfies Partial<ScratchEtcd>;
}

const forUsers = /user name is empty|permission denied|invalid auth token/;

/** Null where etcd has users, and wants to be asked by one: it is well otherwise. */
async function unlessForUsers<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (problem) {
    if (/user name is empty|permission denied|invalid auth token/.test(textOf(problem)))
      return null;
    throw problem;
  }
}
