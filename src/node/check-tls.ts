import type { EtcdUrls, KeyPairFiles, NodeConfig, TlsFiles } from '../config/node-config.ts';
import { E2dError } from '../errors/e2d-error.ts';
import { isEtcdOn } from '../etcd/process/adopt.ts';
import type { Log } from '../log/create-log.ts';
import {
  examine,
  examineAuthorities,
  type Flaw,
  type FlawCode,
  type PemFile,
  type Purpose,
} from '../pki/examine.ts';
import { renewRunOut } from './certificate-renewal.ts';
import { hostOf } from './host-of.ts';
import { readTlsFile } from './tls.ts';

/** What time alone brings and may mend: a renewed file, a clock that is set. */
const ofTime: readonly FlawCode[] = ['expired', 'expired-authority', 'not-yet-valid'];

interface Surroundings {
  readonly log: Log;
  readonly now: Date;
}

/**
 * Refuses to run etcd with certificates that cannot work, before anything starts. An etcd that
 * runs already is never lost to it: what has merely run out is then logged, and it is adopted.
 *
 * @throws E2dError `E2D_TLS_REFUSED` (exit 2), `E2D_TLS_OUT_OF_DATE` (exit 1: a supervisor tries
 * again, and a renewed file or a clock that was set mends it) or `E2D_TLS_FILE`.
 */
export async function checkTls(config: NodeConfig, { log, now }: Surroundings): Promise<void> {
  const { tls, urls } = config;
  if (tls === null) return;
  let flaws = await tlsFlaws(tls, urls, now);
  if (flaws.some(({ code }) => !ofTime.includes(code))) throw refused(flaws);
  if (flaws.length > 0 && (await renewedHere(config, { log, now }))) {
    flaws = await tlsFlaws(tls, urls, now);
  }
  if (flaws.length === 0) return;
  if (!(await isEtcdOn(config.dataDir))) throw outOfDate(flaws);
  for (const { sentence, remedy, code } of flaws) log.error({ code, remedy }, sentence);
}

/** Where nothing else is wrong, and the authority's key is at hand, nobody has to come for it. */
async function renewedHere(
  { tls, caKeyFile }: NodeConfig,
  { log, now }: Surroundings,
): Promise<boolean> {
  if (tls === null) return false;
  const late = await renewRunOut({ tls, caKeyFile, now });
  if (late.length === 0) return false;
  log.warn(`The certificates (${late.join(', ')}) had run out; --ca-key has renewed them.`);
  return true;
}

/**
 * The same for a command that only asks etcd for something: what it shows must be good for that.
 *
 * @throws E2dError as `checkTls`
 */
export async function checkClientTls(tls: TlsFiles | null, now: Date): Promise<void> {
  if (tls === null) return;
  const authorities = await pemFile(tls.caCertFile);
  const found = await flawsOf({ ...asClient, pair: tls.client, authorities }, now);
  const flaws = [...examineAuthorities(authorities), ...(tls.clientCertAuth ? found : [])];
  if (flaws.some(({ code }) => !ofTime.includes(code))) throw refused(flaws);
  if (flaws.length > 0) throw outOfDate(flaws);
}

/** All that is wrong with the files of a node's TLS, each thing once. */
export async function tlsFlaws(tls: TlsFiles, urls: EtcdUrls, now: Date): Promise<readonly Flaw[]> {
  const [authorities, peerAuthorities] = await Promise.all([
    pemFile(tls.caCertFile),
    pemFile(tls.peerCaCertFile),
  ]);
  const parts: readonly Part[] = [
    { pair: tls.server, authorities, purposes: ['server'], hosts: [hostOf(urls.clientAdvertise)] },
    {
      pair: tls.peer,
      authorities: peerAuthorities,
      purposes: ['server', 'client'],
      hosts: [hostOf(urls.peerAdvertise)],
    },
    ...(tls.clientCertAuth ? [{ ...asClient, pair: tls.client, authorities }] : []),
  ];
  const found = await Promise.all(parts.map((part) => flawsOf(part, now)));
  const flaws = [
    ...examineAuthorities(authorities),
    ...(tls.peerCaCertFile === tls.caCertFile ? [] : examineAuthorities(peerAuthorities)),
    ...found.flat(),
  ];
  return [...new Map(flaws.map((flaw) => [flaw.sentence, flaw])).values()];
}

interface Part {
  readonly pair: KeyPairFiles;
  readonly authorities: PemFile;
  readonly purposes: readonly Purpose[];
  readonly hosts: readonly string[];
}

const asClient = { purposes: ['client'], hosts: [] } as const;

async function flawsOf({ pair, ...rest }: Part, now: Date): Promise<readonly Flaw[]> {
  const [certificate, key] = await Promise.all([pemFile(pair.certFile), pemFile(pair.keyFile)]);
  return examine({ certificate, key, ...rest, now });
}

async function pemFile(path: string): Promise<PemFile> {
  return { path, pem: await readTlsFile(path) };
}

function refused(flaws: readonly Flaw[]): E2dError {
  return new E2dError(told(flaws), { code: 'E2D_TLS_REFUSED', exit: 2, remedy: remedies(flaws) });
}

function outOfDate(flaws: readonly Flaw[]): E2dError {
  return new E2dError(told(flaws), { code: 'E2D_TLS_OUT_OF_DATE', remedy: remedies(flaws) });
}

function told(flaws: readonly Flaw[]): string {
  const [only] = flaws;
  if (flaws.length === 1 && only !== undefined) return only.sentence;
  const list = flaws.map(({ sentence }) => `\n  - ${sentence}`).join('');
  return `${flaws.length} things are wrong with the certificates:${list}`;
}

function remedies(flaws: readonly Flaw[]): string {
  return [...new Set(flaws.map(({ remedy }) => remedy))].join(' ');
}
