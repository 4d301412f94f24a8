import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EndpointTls } from '../../../src/etcd/client/connection.ts';
import { createEtcdEndpoint } from '../../../src/etcd/client/create-endpoint.ts';
import { faultOf } from '../../../src/etcd/client/etcd-fault.ts';
import { systemClock } from '../../../src/node/clock.ts';
import { RotationFollower } from '../../../src/node/rotation/follow-rotation.ts';
import type { NodeFiles } from '../../../src/node/rotation/node-files.ts';
import { readCertificates } from '../../../src/pki/read-certificates.ts';
import { askE2d, callE2d } from '../../support/call-e2d.ts';
import { CertificateAuthority } from '../../support/certificates.ts';
import {
  type EtcdCluster,
  emptyEtcdCluster,
  initialClusterOf,
} from '../../support/etcd-launcher.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** One real etcd, whose node's part is done here: it is restarted as the chart would. */
let folder: string;
let cluster: EtcdCluster;
let follower: RotationFollower;
let trustOfEtcd: readonly string[] = [];
let shown: EndpointTls = {};
let restarts = 0;
const stop = new AbortController();
let keeper: Promise<void> | null = null;

const authorities = {
  old: new CertificateAuthority('old-ca'),
  next: new CertificateAuthority('next-ca'),
  third: new CertificateAuthority('third-ca'),
};
const at = (name: string) => join(folder, name);
const trustedNow = () => readCertificates(readFileSync(at('ca.crt'))).map((one) => one.fingerprint);
const member = () => cluster.member(0);
const takeUp = async () => {
  const [ca, certificate, key] = ['ca.crt', 'client.crt', 'client.key'].map((name) =>
    readFileSync(at(name)),
  );
  if (ca && certificate && key) shown = { ca, certificate, key };
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2d-rotate-'));
  cluster = await emptyEtcdCluster();
  const etcd = await cluster.addBlank('https');
  const { hostname } = new URL(etcd.clientUrl);
  await writeFile(at('ca.crt'), authorities.old.certificate);
  for (const [role, usages] of [
    ['server', ['server']],
    ['peer', ['server', 'client']],
    ['client', ['client']],
  ] as const) {
    const pair = authorities.old.issue(`etcd ${role}`, [hostname], { usages });
    await writeFile(at(`${role}.crt`), pair.certificate);
    await writeFile(at(`${role}.key`), pair.key);
  }
  for (const [name, { certificate, key }] of Object.entries(authorities)) {
    await writeFile(at(`${name}-ca.crt`), certificate);
    await writeFile(at(`${name}-ca.key`), key);
  }
  trustOfEtcd = trustedNow();
  etcd.start('new', initialClusterOf(cluster.members), [
    ...['--cert-file', at('server.crt'), '--key-file', at('server.key')],
    ...['--client-cert-auth', '--trusted-ca-file', at('ca.crt')],
    '--enable-grpc-gateway=false',
  ]);
  await takeUp();
  const own = createEtcdEndpoint(etcd.clientUrl, { tls: () => shown });
  const { memberId: id } = await waitUntil(() => own.status().catch(() => null), {
    what: 'etcd serves',
    withinMs: 20_000,
  });
  const roles = ['server', 'peer', 'client'] as const;
  const pairs = roles.map((role) => {
    return { role, certFile: at(`${role}.crt`), keyFile: at(`${role}.key`) };
  });
  const files: NodeFiles = { trusted: [at('ca.crt')], pairs };
  follower = new RotationFollower({
    files,
    own,
    member: () => ({ id, name: 'm0' }),
    trustOfEtcd: () => ({ clients: trustOfEtcd, peers: [] }),
    takeUp,
    clock: systemClock,
    log: { info: () => undefined, warn: () => undefined },
  });
  keeper = keepEtcd(own);
});

afterAll(async () => {
  follower.stop();
  stop.abort();
  await keeper;
  await cluster.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Restarts etcd for other authorities than it was started with; the file may change meanwhile. */
async function keepEtcd(own: { close(): void }): Promise<void> {
  while (!stop.signal.aborted) {
    const now = trustedNow();
    if (now.join() !== trustOfEtcd.join()) {
      await member().kill();
      trustOfEtcd = now;
      member().restart();
      restarts += 1;
    }
    await pause(50);
  }
  own.close();
}

function flags(): readonly string[] {
  const url = new URL(member().clientUrl);
  const files = ['server', 'peer', 'client'].flatMap((role) => [
    ...[`--${role}-cert`, at(`${role}.crt`)],
    ...[`--${role}-key`, at(`${role}.key`)],
  ]);
  return ['--host', url.hostname, '--client-addr', url.host, '--ca-cert', at('ca.crt'), ...files];
}

const to = (name: keyof typeof authorities, from: keyof typeof authorities = 'old') => [
  ...['--new-ca-cert', at(`${name}-ca.crt`), '--new-ca-key', at(`${name}-ca.key`)],
  ...['--old-ca-key', at(`${from}-ca.key`)],
];
const rotate = (...words: readonly string[]) => callE2d('pki', 'rotate', ...flags(), ...words);
const status = () => askE2d('pki', 'rotate', ...flags(), '--status');

/** The code with which etcd answers somebody who shows a certificate of an authority. */
async function answerTo(name: keyof typeof authorities): Promise<string> {
  const pair = authorities[name].issue('somebody', [], { usages: ['client'] });
  const [certificate, key] = [Buffer.from(pair.certificate), Buffer.from(pair.key)];
  const ca = Buffer.from(
    Object.values(authorities)
      .map((one) => one.certificate)
      .join(''),
  );
  const endpoint = createEtcdEndpoint(member().clientUrl, { tls: { ca, certificate, key } });
  try {
    return await endpoint.linearizableRead({ timeoutMs: 3_000 }).then(
      () => 'ok',
      (problem) => faultOf(problem).code,
    );
  } finally {
    endpoint.close();
  }
}

test('nothing begins while a member is not heard of, or for an authority nobody knows', async () => {
  expect(await rotate(...to('next'))).toMatchObject({
    exit: 1,
    err: expect.stringContaining('Member m0 has not told whom it trusts'),
  });
  await follower.look();
  const unknown = await rotate(...to('next'), '--old-ca-cert', at('third-ca.crt'));
  expect(unknown.err).toContain('No node trusts the old authority "CN=third-ca"');
  expect((await rotate(...to('old'))).err).toContain('holds no certificate');
  const unvouched = await rotate(...to('next', 'third'));
  expect(unvouched.err).toContain('The key that is given is not that of the old authority');
  expect(await rotate('--abort')).toMatchObject({
    exit: 1,
    err: expect.stringContaining('No change of authorities is under way'),
  });
  expect(await rotate()).toMatchObject({ exit: 2, err: expect.stringContaining('--new-ca-key') });
  expect(await status()).toMatchObject({ rotation: null, members: [{ name: 'm0', step: null }] });
});

test('two operators at once change it once; clients lose nothing before --drop-old', async () => {
  follower.start();
  // As the chart has it done.
  follower.demand$.subscribe((demand) => {
    if (demand?.work) void follower.follow(demand.work).catch(() => undefined);
  });
  const [one, other] = await Promise.all([rotate(...to('next')), rotate(...to('next'))]);
  for (const { exit, out, err } of [one, other]) {
    expect({ exit, err }).toEqual({ exit: 0, err: expect.stringContaining('--drop-old') });
    expect(out).toContain('phase 2 of 3, reissue');
  }
  const begun = [one, other].filter(({ err }) => err.includes('has begun'));
  expect(begun).toHaveLength(1);
  expect(`${one.err}${other.err}`.match(/Issued anew: the server/g)).toHaveLength(1);
  expect(restarts).toBe(1);
  expect([await answerTo('old'), await answerTo('next')]).toEqual(['ok', 'ok']);
  const [server] = readCertificates(await readFile(at('server.crt')));
  expect(server?.issuer).toBe('CN=next-ca');
  expect(await rotate(...to('third'))).toMatchObject({
    exit: 1,
    err: expect.stringContaining('Another change of authorities is under way'),
  });
  expect((await rotate('--abort')).err).toContain('it can only be finished');
});

test('with --drop-old the old authority is gone, and what was done is done once', async () => {
  const { exit, err, out } = await rotate(...to('next'), '--drop-old');
  expect({ exit, err }).toEqual({ exit: 0, err: expect.stringContaining('phase 3 of 3') });
  expect(out).toContain('done: the new authority is the only one');
  expect(restarts).toBe(2);
  expect(await readFile(at('ca.crt'), 'utf8')).toBe(authorities.next.certificate);
  expect([await answerTo('old'), await answerTo('next')]).toEqual(['unavailable', 'ok']);
  expect(await status()).toMatchObject({ rotation: { phase: 'done' }, reissued: {} });
  expect((await rotate(...to('next'))).out).toContain('done');
  expect(restarts).toBe(2);
});

test('one that is called off leaves the authority of before', async () => {
  const begun = rotate(...to('third', 'next'));
  await waitUntil(async () => JSON.stringify(await status()).includes('trust-both'), {
    what: 'it has begun',
    withinMs: 10_000,
  });
  const aborted = await rotate('--abort');
  const { exit, err } = await begun;
  expect(aborted).toMatchObject({ exit: 0, out: expect.stringContaining('was called off') });
  expect({ exit, err }).toEqual({ exit: 1, err: expect.stringContaining('called off') });
  expect(await readFile(at('ca.crt'), 'utf8')).toBe(authorities.next.certificate);
  expect(await answerTo('third')).toBe('unavailable');
});
