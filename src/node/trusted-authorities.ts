import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:tls';
import type { Member } from '../../machines/facts.ts';
import type { Refusal } from '../../machines/rules.ts';
import type { KeyPairFiles, TlsFiles } from '../config/node-config.ts';
import { textOf } from '../errors/e2d-error.ts';
import { readCertificates } from '../pki/read-certificates.ts';
import { hostOf } from './host-of.ts';
import { readTlsFile } from './tls.ts';

/**
 * Fingerprints (SHA-256) of the authorities that an etcd trusts; of clients it may ask for none.
 */
export interface TrustedAuthorities {
  readonly clients: readonly string[];
  readonly peers: readonly string[];
}

const dialTimeoutMs = 2_000;

/** What an etcd that starts now would trust. Rejects when a file cannot be read. */
export async function readAuthorities(tls: TlsFiles): Promise<TrustedAuthorities> {
  const [clients, peers] = await Promise.all([
    tls.clientCertAuth ? readFingerprints(tls.caCertFile) : [],
    readFingerprints(tls.peerCaCertFile),
  ]);
  return { clients, peers };
}

/** The same for the same authorities, in whatever order they stand. */
export function digestOf({ clients, peers }: TrustedAuthorities): string {
  const text = JSON.stringify([[...clients].sort(), [...peers].sort()]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

async function readFingerprints(path: string): Promise<readonly string[]> {
  return readCertificates(await readFile(path)).map(({ fingerprint }) => fingerprint);
}

/**
 * Authorities are only taken up if every member shows a certificate of theirs: after the restart
 * this node could not talk to the others, and its vote would be lost.
 */
export async function refuseTrust(
  members: readonly Member[],
  { tls, signal }: { readonly tls: TlsFiles; readonly signal: AbortSignal },
): Promise<Refusal | null> {
  const [asClient, asPeer] = await Promise.all([
    shown(tls.caCertFile, tls.client),
    shown(tls.peerCaCertFile, tls.peer),
  ]);
  const dials = members.flatMap(({ id, peerUrls, clientUrls }) => [
    ...peerUrls.map((url) => ({ id, url, options: asPeer })),
    ...clientUrls.map((url) => ({ id, url, options: asClient })),
  ]);
  const problems = await Promise.all(
    dials
      .filter(({ url }) => url.startsWith('https:'))
      .map(async ({ id, url, options }) => {
        const problem = await dial(url, options, signal);
        return (
          problem && `member ${id} shows at ${url} what the new authorities refuse: ${problem}`
        );
      }),
  );
  const sentence = problems.find((problem) => problem !== null);
  return sentence === undefined || sentence === null ? null : { rule: 'S14', sentence };
}

interface Shown {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

async function shown(caFile: string, { certFile, keyFile }: KeyPairFiles): Promise<Shown> {
  const [ca, cert, key] = await Promise.all([
    readTlsFile(caFile),
    readTlsFile(certFile),
    readTlsFile(keyFile),
  ]);
  return { ca, cert, key };
}

/** Null when the other side proves to be who it is called; else why it does not. */
function dial(url: string, options: Shown, signal: AbortSignal): Promise<string | null> {
  const { port } = new URL(url);
  return new Promise((done) => {
    const socket = connect({ host: hostOf(url), port: Number(port), ...options });
    const end = (problem: string | null) => {
      signal.removeEventListener('abort', abort);
      socket.destroy();
      done(problem);
    };
    const abort = () => end('it was called off');
    signal.addEventListener('abort', abort, { once: true });
    socket.setTimeout(dialTimeoutMs, () => end('it did not answer in time'));
    socket.once('secureConnect', () => end(null));
    socket.once('error', (problem) => end(textOf(problem)));
  });
}
