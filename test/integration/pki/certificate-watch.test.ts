import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { TlsFiles } from '../../../src/config/node-config.ts';
import { CertificateWatch } from '../../../src/node/certificate-watch.ts';
import { CertificateAuthority } from '../../support/certificates.ts';
import { waitUntil } from '../../support/wait-until.ts';

const authority = new CertificateAuthority();
const dayMs = 86_400_000;

async function watched() {
  const folder = await mkdtemp(join(tmpdir(), 'e2d-watch-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const pair = (name: string) => ({
    certFile: join(folder, `${name}.crt`),
    keyFile: join(folder, `${name}.key`),
  });
  const peer = pair('peer');
  const files = { caCertFile: join(folder, 'ca.crt'), server: peer, peer, client: peer };
  const renew = async () => {
    const { certificate, key } = authority.issue('member', ['127.0.0.1']);
    await writeFile(peer.keyFile, key);
    await writeFile(peer.certFile, certificate);
    return certificate;
  };
  await writeFile(files.caCertFile, authority.certificate);
  const first = await renew();
  return { files: files as TlsFiles, renew, first };
}

/** Its timers run when they are told to, its wall clock shows what it is set to. */
class HeldClock {
  /** A little ahead: what is made in the meantime is no younger than it. */
  now = new Date(Date.now() + 600_000);
  due: (() => void) | null = null;
  wallTime() {
    return this.now;
  }
  setTimeout(run: () => void) {
    this.due = run;
    return run;
  }
  clearTimeout() {
    this.due = null;
  }
}

async function start(files: TlsFiles) {
  const clock = new HeldClock();
  const said: string[] = [];
  const say = (sentence: string) => void said.push(sentence);
  const watch = await CertificateWatch.start(files, { clock, log: { info: say, warn: say } });
  onTestFinished(() => watch.stop());
  const look = async () => {
    const run = clock.due;
    clock.due = null;
    run?.();
    await waitUntil(() => clock.due !== null, { what: 'it has looked', withinMs: 5_000 });
  };
  return { clock, said, watch, look };
}

test('a renewed certificate is shown at the next look, and said once', async () => {
  const { files, renew, first } = await watched();
  const { said, watch, look } = await start(files);
  expect(String(watch.shown().certificate)).toBe(first);
  const told = said.length;
  const second = await renew();
  await look();
  await look();
  expect(String(watch.shown().certificate)).toBe(second);
  expect(said.slice(told)).toEqual(['The certificates were renewed; they are shown from now on.']);
});

test('every stage on the way to the end is said once, and stands in the warnings', async () => {
  const { files } = await watched();
  const { clock, said, watch, look } = await start(files);
  const of = (path: string) => said.filter((line) => line.includes(path));
  expect(of(files.caCertFile)).toHaveLength(1);
  expect(of(files.caCertFile)[0]).toContain('in less than a day');
  await look();
  expect(of(files.caCertFile)).toHaveLength(1);
  clock.now = new Date(clock.now.getTime() + 2 * dayMs);
  await look();
  await look();
  expect(of(files.caCertFile)).toHaveLength(2);
  expect(watch.warnings()).toContainEqual(expect.stringContaining('ca.crt ran out at'));
  expect(watch.report().find(({ role }) => role === 'ca')?.leftMs).toBeLessThan(0);
});

test('a file that is gone is a warning, and what was shown goes on being shown', async () => {
  const { files, first } = await watched();
  const { watch, look } = await start(files);
  await rm(files.peer.certFile);
  await look();
  expect(watch.warnings()).toContainEqual(expect.stringContaining('peer.crt cannot be read'));
  expect(String(watch.shown().certificate)).toBe(first);
});
