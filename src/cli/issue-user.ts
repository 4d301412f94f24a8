import { resolve } from 'node:path';
import { badConfig } from '../config/bad-config.ts';
import { loadValues } from '../config/load-config.ts';
import type { OptionValues } from '../config/options.ts';
import { type Surroundings, thisMachine } from '../config/surroundings.ts';
import { E2dError } from '../errors/e2d-error.ts';
import { systemClock } from '../node/clock.ts';
import { type IssuedPair, openAuthority } from '../pki/authority.ts';
import { writeFiles } from '../pki/certificate-files.ts';
import type { Invocation } from './command.ts';
import { helpOf, ownFlag } from './own-flags.ts';
import { readText } from './pki-session.ts';

export interface UserCertificate extends IssuedPair {
  /** The authorities of the servers, for the user to check them against. */
  readonly caCertificate: string;
}

/**
 * Issues a certificate with the CN that makes its holder a user. Rejects with `E2D_BAD_CONFIG`
 * where the authority is not named, or as `src/pki` does.
 */
export async function issueFor(
  user: string,
  lifetimeMs: number,
  { values, surroundings, help }: Authorities,
): Promise<UserCertificate> {
  const { 'ca-cert': caCert, 'ca-key': caKey } = values;
  if (caCert === undefined || caKey === undefined) {
    const missing = [caCert ?? '--ca-cert', caKey ?? '--ca-key'].filter((one) => /^--/.test(one));
    const problems = [`An authority is needed to issue certificates: give ${missing.join(', ')}.`];
    throw badConfig({ problems, warnings: [] }, help);
  }
  const caCertificate = await readText(resolve(surroundings.cwd, caCert));
  const key = await readText(resolve(surroundings.cwd, caKey));
  const authority = openAuthority({ certificate: caCertificate, key });
  const now = systemClock.wallTime();
  const wanted = { profile: 'client', commonName: user, hosts: [], lifetimeMs, now } as const;
  return { ...(await authority.issue(wanted)), caCertificate };
}

interface Authorities {
  readonly values: OptionValues;
  readonly surroundings: Surroundings;
  /** The command line that explains the command. */
  readonly help: string;
}

/** The whole of `issue` and `root-issue`. */
export async function issueAndTell(
  user: string,
  lifetimeMs: number,
  invocation: Invocation,
): Promise<number> {
  const { command, flags, terminal } = invocation;
  const help = helpOf(command);
  const surroundings = thisMachine();
  const values = await loadValues({ help, flags }, surroundings);
  const isFile = ownFlag('output', invocation) === 'file';
  if (user === '' || (isFile && !fileName.test(user))) throw badUser(user);
  const issued = await issueFor(user, lifetimeMs, { values, surroundings, help });
  if (issued.isCutShort) {
    const end = issued.notAfter.toISOString();
    terminal.err(`Warning: the certificate ends with its authority, at ${end}.\n`);
  }
  if (isFile) {
    const paths = await writeHere(user, issued, surroundings);
    terminal.out(`cert files:  ${paths.join(' ')}\n`);
    return 0;
  }
  const { certificate, key, caCertificate } = issued;
  const told = { certificate, private_key: key, ca_certificate: caCertificate };
  terminal.out(`${JSON.stringify(told, null, 2)}\n`);
  return 0;
}

/** A user whose name leads out of the directory, or is hidden in it, gets no files. */
const fileName = /^[^/\p{Cc}]{1,64}$/u;

async function writeHere(
  user: string,
  { certificate, key, caCertificate }: UserCertificate,
  { cwd }: Surroundings,
): Promise<readonly string[]> {
  const names = ['etcd-ca.crt', `etcd-${user}.crt`, `etcd-${user}.key`] as const;
  const [ca, crt, keyFile] = names;
  await writeFiles([
    { path: resolve(cwd, keyFile), content: key, kind: 'key' },
    { path: resolve(cwd, crt), content: certificate, kind: 'certificate' },
    { path: resolve(cwd, ca), content: caCertificate, kind: 'certificate' },
  ]);
  return names;
}

export function badUser(user: string, remedy?: string): E2dError {
  return new E2dError(`bad etcd username: ${user}`, {
    code: 'E2D_BAD_USER',
    exit: 2,
    ...(remedy !== undefined && { remedy }),
  });
}
