import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { etcdctlFlags } from './client-access.ts';
import type { EtcdGateway } from './etcd-gateway.ts';

const run = promisify(execFile);

export type Pair = readonly [key: string, value: string];

function toolOfEtcd(name: 'etcdctl' | 'etcdutl'): string {
  const folder = process.env['E2D_ETCD_BIN_DIR'];
  return folder === undefined ? name : join(folder, name);
}

async function etcdctl(endpoint: string, ...args: string[]): Promise<string> {
  const env = { PATH: process.env['PATH'], ETCDCTL_API: '3' };
  const options = { env, maxBuffer: 2 ** 26, timeout: 20_000 };
  const { stdout } = await run(
    toolOfEtcd('etcdctl'),
    [...etcdctlFlags([endpoint]), ...args],
    options,
  );
  return stdout;
}

/** All there is, e2d's own keys too, in the order of the keys. */
export async function allPairs(endpoint: string): Promise<Pair[]> {
  const answer = JSON.parse(await etcdctl(endpoint, 'get', '', '--from-key', '-w', 'json')) as {
    readonly kvs?: readonly { readonly key: string; readonly value?: string }[];
  };
  return (answer.kvs ?? []).map(({ key, value }) => [decoded(key), decoded(value ?? '')]);
}

/** All but e2d's own keys. */
export async function clientPairs(endpoint: string): Promise<Pair[]> {
  return (await allPairs(endpoint)).filter(([key]) => !key.startsWith('/_e2d'));
}

/** The keys that e2d itself wrote, with their values as JSON. */
export async function ownKeys(endpoint: string): Promise<Record<string, unknown>> {
  const own = (await allPairs(endpoint)).filter(([key]) => key.startsWith('/_e2d'));
  return Object.fromEntries(own.map(([key, value]) => [key, JSON.parse(value)]));
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}

/** Writes so many keys, and some of them twice; gives the revision of the last write. */
export async function fill(gateway: EtcdGateway, count = 40, label = 'value'): Promise<number> {
  let revision = 0;
  for (let number = 0; number < count; number++) {
    const key = `/app/key-${String(number % (count - 5)).padStart(4, '0')}`;
    revision = await gateway.put(key, `${label} ${number}`, 5_000);
  }
  return revision;
}

/** What a client is told that goes on watching from a revision it had seen. */
export async function watchFrom(endpoint: string, revision: number): Promise<string> {
  try {
    return await etcdctl(endpoint, 'watch', '/app/', '--prefix', `--rev=${revision}`);
  } catch (problem) {
    const { stderr = '', stdout = '' } = problem as { stderr?: string; stdout?: string };
    return `${stdout}${stderr}`;
  }
}

/** Runs `etcdutl snapshot status` and gives the revision; rejects where the file is not whole. */
export async function revisionInFile(file: string): Promise<number> {
  const args = ['snapshot', 'status', file, '-w', 'json'];
  const { stdout } = await run(toolOfEtcd('etcdutl'), args);
  return (JSON.parse(stdout) as { readonly revision: number }).revision;
}
