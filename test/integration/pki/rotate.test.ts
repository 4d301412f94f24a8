import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readCertificates } from '../../../src/pki/read-certificates.ts';
import { CertificateAuthority } from '../../support/certificates.ts';
import { reachOverTls } from '../../support/client-access.ts';
import { TestCluster } from '../../support/cluster.ts';
import { EtcdGateway } from '../../support/etcd-gateway.ts';
import { waitUntil } from '../../support/wait-until.ts';

const main = resolve(import.meta.dirname, '../../../dist/src/cli/main.js');
const life = { to: new Date(Date.now() + 90 * 86_400_000) };

async function rotating() {
  const next = new CertificateAuthority('next-ca', life);
  const tls = { ownFiles: true, alsoTrusted: next.certificate };
  const cluster = new TestCluster({ size: 3, tls });
  onTestFinished(() => cluster.destroy());
  const files = cluster.tls;
  if (files === null) throw new Error('the cluster has no certificates');
  const newCa = files.file('next-ca.crt', next.certificate);
  const newKey = files.file('next-ca.key', next.key);
  /** As an operator calls it on a node; it may take its time. */
  const rotate = (...words: readonly string[]) => {
    const { host } = cluster.node(0);
    const flags = ['--host', host, '-n', '3', ...files.flagsFor(host)];
    const authority = ['--new-ca-cert', newCa, '--new-ca-key', newKey];
    const args = [main, 'pki', 'rotate', ...flags, ...authority, ...words];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    return saying(child);
  };
  /** Clients get certificates of the new authority; etcd's JSON gateway is one of them. */
  const renewClients = () => {
    const pair = next.issue('etcd client', [], { ...life, usages: ['client'] });
    const { certificate, key } = files.pairFiles('client', pair);
    for (const { endpoint } of cluster.nodes) {
      reachOverTls(endpoint, { ca: files.caFile, certificate, key });
    }
  };
  const certificatesIn = (name: string) =>
    cluster.nodes.map(({ host }) =>
      readCertificates(readFileSync(join(cluster.folder, 'tls', `${host}-${name}.crt`))),
    );
  return { cluster, rotate, renewClients, certificatesIn };
}

/** A running command, with what it has said so far. */
function saying(child: ChildProcess) {
  const said = { text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      said.text += String(chunk);
    });
  }
  const ended = new Promise<number | null>((done) => child.once('close', done));
  return { child, said, ended };
}

test('a cluster changes its authority while it is written to, and the command is killed', async () => {
  const { cluster, rotate, renewClients, certificatesIn } = await rotating();
  const before = await cluster.startHealthy();
  const pids = cluster.nodes.map(({ etcdPid }) => etcdPid);
  const writer = cluster.writer();
  const fromMs = performance.now();

  let first = rotate();
  await waitUntil(
    async () => {
      // Every node has to have told of itself first, which it does within ten seconds.
      if (first.child.exitCode === 1) first = rotate();
      return cluster.nodes.some(({ etcdPid }, at) => etcdPid !== pids[at]);
    },
    { what: 'an etcd was restarted', withinMs: 60_000, explain: () => first.said.text },
  );
  first.child.kill('SIGKILL');
  await first.ended;

  const second = rotate();
  expect({ exit: await second.ended, said: second.said.text }).toEqual({
    exit: 0,
    said: expect.stringContaining('run it again with --drop-old'),
  });
  expect(second.said.text).not.toContain('has begun');
  for (const role of ['server', 'peer', 'client']) {
    for (const [leaf] of certificatesIn(role)) expect(leaf?.issuer).toBe('CN=next-ca');
  }
  await writer.hasWritten(20);
  await writer.stop();
  expect(writer.longestGapMs(fromMs)).toBeLessThan(5_000);
  await writer.assertAllAcknowledged(cluster.node(1).gateway);
  renewClients();
  const later = cluster.writer();
  await later.hasWritten(20);

  const third = rotate('--drop-old');
  expect({ exit: await third.ended, said: third.said.text }).toEqual({
    exit: 0,
    said: expect.stringContaining('done: the new authority is the only one'),
  });
  await later.hasWritten(20);
  for (const authorities of certificatesIn('ca')) {
    expect(authorities.map(({ subject }) => subject)).toEqual(['CN=next-ca']);
  }
  await later.stop();
  expect(later.longestGapMs()).toBeLessThan(5_000);
  for (const { endpoint } of cluster.nodes) {
    const gateway = new EtcdGateway(endpoint);
    onTestFinished(() => gateway.close());
    await later.assertAllAcknowledged(gateway);
    const { members } = await gateway.members({ linearizable: true });
    expect(members.map(({ id }) => id).sort()).toEqual(before.members.map(({ id }) => id).sort());
  }
}, 240_000);
