import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type RemoteControl, serveRemoteControl } from '../../../src/control/remote-server.ts';
import { callE2d } from '../../support/call-e2d.ts';
import { CertificateAuthority, type LeafOptions } from '../../support/certificates.ts';
import { degraded } from '../../unit/cli/status-example.ts';

const host = '127.0.0.1';
const folder = mkdtempSync(join(tmpdir(), 'e2d-remote-cli-'));
const authority = new CertificateAuthority();
const ca = file('ca.crt', authority.certificate);
const other = file('other.crt', new CertificateAuthority('other').certificate);
const server = pair('server', { usages: ['server'] }, [host]);
const viewer = pair('vera', { usages: ['client'], organizations: ['e2d:viewers'] });
const nobody = pair('nobody', { usages: ['client'] });
let remote: RemoteControl;

beforeAll(async () => {
  remote = await serveRemoteControl({
    ...{ host, port: 0, files: { caCertFile: ca, certFile: server.cert, keyFile: server.key } },
    service: { methods: { status: () => degraded } },
    ...{ onTurnedAway: () => undefined, onTrouble: () => undefined },
  });
});
const ending: (() => void)[] = [];
afterEach(() => {
  for (const end of ending.splice(0)) end();
});
afterAll(async () => {
  await remote.close();
  rmSync(folder, { recursive: true });
});

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text, { mode: 0o600 });
  return join(folder, name);
}

function pair(name: string, options: LeafOptions, hosts: readonly string[] = []) {
  const { certificate, key } = authority.issue(name, hosts, options);
  return { cert: file(`${name}.crt`, certificate), key: file(`${name}.key`, key) };
}

async function e2d(...args: string[]) {
  const { exit: code, ...told } = await callE2d(...args);
  return { code, ...told };
}

interface Asking {
  readonly endpoint?: string;
  readonly authority?: string;
  readonly shown?: { readonly cert: string; readonly key: string };
}

function flags({ endpoint = `${host}:${remote.port}`, shown = viewer, ...more }: Asking = {}) {
  return [
    ...['--endpoint', endpoint, '--ca-cert', more.authority ?? ca],
    ...['--client-cert', shown.cert, '--client-key', shown.key],
  ];
}

test('status and metrics of another machine are as those of this one', async () => {
  const status = await e2d('status', '--json', ...flags());
  expect(status).toMatchObject({ code: 0, err: '' });
  expect(JSON.parse(status.out)).toEqual(degraded);
  const metrics = await e2d('metrics', ...flags());
  expect(metrics.out).toContain('e2d_up 1');
});

test.each([
  ['one that stands for no role', () => ({ shown: nobody }), /gives no role/],
  ['a wrong authority', () => ({ authority: other }), /is not trusted: .*certificate/],
  [
    'a name that is not in the certificate',
    () => ({ endpoint: `localhost:${remote.port}` }),
    /is not trusted: .*altnames/,
  ],
  [
    'a key of another certificate',
    () => ({ shown: { ...viewer, key: nobody.key } }),
    /cannot be used together/,
  ],
  [
    'an authority that is none',
    () => ({ authority: file('empty.crt', '') }),
    /cannot be used together/,
  ],
  [
    'files that are not there',
    () => ({ shown: { ...viewer, cert: join(folder, 'no.crt') } }),
    /no\.crt cannot be used/,
  ],
  [
    'a port where nobody is',
    () => ({ endpoint: `${host}:1` }),
    /Nothing answers at 127\.0\.0\.1:1\./,
  ],
  [
    'a name that nobody has',
    () => ({ endpoint: 'nobody.invalid' }),
    /nobody\.invalid:7981 cannot be asked/,
  ],
])('says so of %s', async (_, asking: () => Asking, sentence) => {
  const { code, out, err } = await e2d('status', ...flags(asking()));
  expect(err).toMatch(sentence);
  expect(out).toBe('');
  expect(code).not.toBe(0);
});

test('needs all that mutual TLS needs, and a host', async () => {
  const { code, err } = await e2d('status', '--endpoint', ':7981');
  expect(code).toBe(2);
  expect(err).toContain('--endpoint also needs --ca-cert, --client-cert, --client-key.');
  expect(err).toContain('--endpoint needs the host of the node.');
});

test('tells what is no e2d from what is', async () => {
  const plain = createServer((socket) => socket.end('SSH-2.0-x\n'));
  await new Promise<void>((resolve) => plain.listen(0, host, resolve));
  ending.push(() => plain.close());
  const address = plain.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const { err } = await e2d('status', ...flags({ endpoint: `${host}:${port}` }));
  expect(err).toMatch(/cannot be asked/);
});
