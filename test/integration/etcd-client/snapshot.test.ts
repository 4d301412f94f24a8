import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEtcdEndpoint } from '../../../src/etcd/client/create-endpoint.ts';
import type { EtcdEndpoint } from '../../../src/etcd/client/endpoint.ts';
import {
  type EtcdCluster,
  emptyEtcdCluster,
  initialClusterOf,
} from '../../support/etcd-launcher.ts';
import { waitUntil } from '../../support/wait-until.ts';

let cluster: EtcdCluster;
let endpoint: EtcdEndpoint;
let ca: Buffer;
const { signal } = new AbortController();

/** Over TLS: without it, `save-snapshot.test.ts` compares whole databases. */
beforeAll(async () => {
  cluster = await emptyEtcdCluster();
  const member = await cluster.addBlank('https');
  member.start('new', initialClusterOf(cluster.members), ['--auto-tls']);
  const certificate = join(member.dataDir, 'fixtures', 'client', 'cert.pem');
  const made = { what: 'etcd has made its certificate', withinMs: 20_000 };
  ca = await waitUntil(() => readFile(certificate), made);
  endpoint = createEtcdEndpoint(member.clientUrl, { tls: { ca } });
  const answers = { what: 'etcd answers over TLS', withinMs: 20_000 };
  await waitUntil(() => endpoint.linearizableRead().then(() => true), answers);
});

afterAll(async () => {
  endpoint?.close();
  await cluster?.stop();
});

test('a database of one message comes whole over TLS, with the hash behind it', async () => {
  const { totalBytes, chunks } = await endpoint.snapshot({ signal });
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  expect(Buffer.concat(parts).length).toBe(totalBytes);
  expect(totalBytes % 512).toBe(32);
});

test('who does not trust the authority gets neither snapshot nor hash', async () => {
  const stranger = createEtcdEndpoint(cluster.member(0).clientUrl);
  const refused = { name: 'EtcdFault', code: 'unavailable' };
  await expect(stranger.snapshot({ signal })).rejects.toMatchObject(refused);
  await expect(stranger.hashKv(1)).rejects.toMatchObject(refused);
  stranger.close();
});

test('the hash is of the revision that was asked for, and changes with the keys', async () => {
  const before = Number(await endpoint.put('/hashed', 'one'));
  const first = await endpoint.hashKv(before);
  const after = Number(await endpoint.put('/hashed', 'two'));
  expect(first).toEqual({ revision: before, compactRevision: -1, hash: expect.any(Number) });
  expect(await endpoint.hashKv(before)).toEqual(first);
  expect((await endpoint.hashKv(after)).hash).not.toBe(first.hash);
  await expect(endpoint.hashKv(after + 1)).rejects.toThrow('future revision');
});

test('closing the endpoint ends a snapshot and a hash that are under way', async () => {
  const closing = createEtcdEndpoint(cluster.member(0).clientUrl, { tls: { ca } });
  const stream = await closing.snapshot({ signal });
  const hash = closing.hashKv(1);
  closing.close();
  await expect(hash).rejects.toMatchObject({ code: 'aborted' });
  const reading = (async () => {
    for await (const chunk of stream.chunks) expect(chunk).toBeDefined();
  })();
  await expect(Promise.race([reading, closing.snapshot({ signal })])).rejects.toMatchObject({
    code: 'aborted',
  });
});
