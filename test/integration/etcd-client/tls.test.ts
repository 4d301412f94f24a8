import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ConnectionOptions, EndpointTls } from '../../../src/etcd/client/connection.ts';
import { createEtcdEndpoint } from '../../../src/etcd/client/create-endpoint.ts';
import { faultOf } from '../../../src/etcd/client/etcd-fault.ts';
import {
  type EtcdCluster,
  emptyEtcdCluster,
  initialClusterOf,
} from '../../support/etcd-launcher.ts';
import { waitUntil } from '../../support/wait-until.ts';

let cluster: EtcdCluster;
let ca: Buffer;

/** etcd signs its own certificate, which is then the authority to trust. */
beforeAll(async () => {
  cluster = await emptyEtcdCluster();
  const member = await cluster.addBlank('https');
  member.start('new', initialClusterOf(cluster.members), ['--auto-tls']);
  const certificate = join(member.dataDir, 'fixtures', 'client', 'cert.pem');
  ca = await waitUntil(() => readFile(certificate), {
    what: 'etcd has made its certificate',
    withinMs: 20_000,
  });
});

afterAll(() => cluster.stop());

async function answerOver(url: string, options: ConnectionOptions): Promise<string> {
  const endpoint = createEtcdEndpoint(url, options);
  return endpoint
    .linearizableRead()
    .then(
      () => 'ok',
      (problem) => faultOf(problem).code,
    )
    .finally(() => endpoint.close());
}

test('an endpoint with TLS is reached by whoever trusts its authority, and by nobody else', async () => {
  const { clientUrl } = cluster.member(0);
  await waitUntil(async () => (await answerOver(clientUrl, { tls: { ca } })) === 'ok', {
    what: 'etcd answers over TLS',
    withinMs: 20_000,
  });
  expect(await answerOver(clientUrl, {})).toBe('unavailable');
  expect(await answerOver(clientUrl.replace('https:', 'http:'), {})).toBe('unavailable');
});

test('an endpoint shows what is renewed at its next call, without being made anew', async () => {
  const { clientUrl } = cluster.member(0);
  let shown: EndpointTls = { ca: Buffer.from('') };
  const endpoint = createEtcdEndpoint(clientUrl, { tls: () => shown });
  const read = () => endpoint.linearizableRead().then(() => 'ok', String);
  expect(await read()).not.toBe('ok');
  shown = { ca };
  expect(await read()).toBe('ok');
  endpoint.close();
});
