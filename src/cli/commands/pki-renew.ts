import { resolve } from 'node:path';
import { E2dError } from '../../errors/e2d-error.ts';
import type { Authority, IssuedPair } from '../../pki/authority.ts';
import { filesOf, type PairFiles, writeFiles } from '../../pki/certificate-files.ts';
import { pkiFailure } from '../../pki/failure.ts';
import { profiles } from '../../pki/profiles.ts';
import type { Invocation } from '../command.ts';
import { ownFlag, refuseBadFlags } from '../own-flags.ts';
import {
  authorityOf,
  isThere,
  keyFileBeside,
  pairIn,
  readText,
  tellWritten,
  textFlag,
} from '../pki-session.ts';

/** All are issued before one is written: a certificate that cannot be renewed changes nothing. */
export async function run(invocation: Invocation): Promise<number> {
  refuseBadFlags(invocation);
  const files = await filesToRenew(invocation);
  const authority = await authorityOf(invocation);
  const lifetime = ownFlag('lifetime', invocation);
  const options = {
    now: new Date(),
    ...(typeof lifetime === 'number' && { lifetimeMs: lifetime }),
  };
  const renewed: (PairFiles & IssuedPair)[] = [];
  for (const pair of files) {
    const old = await readText(pair.certFile);
    renewed.push({
      ...pair,
      ...(await renew(authority, old, { ...options, path: pair.certFile })),
    });
  }
  await writeFiles(renewed.flatMap((one) => filesOf(one, one)));
  tellWritten(renewed, authority, invocation);
  return 0;
}

async function renew(
  authority: Authority,
  old: string,
  { path, ...options }: { path: string; now: Date; lifetimeMs?: number },
): Promise<IssuedPair> {
  return authority.renew(old, options).catch((error: unknown) => {
    if (!(error instanceof E2dError)) throw error;
    const { code, exit, message } = error;
    const told = `${path} cannot be renewed, and nothing was written: ${message}`;
    throw new E2dError(told, { code, exit, cause: error });
  });
}

/** Those that are named, or those of `e2d pki gencerts` that are in the directory. */
async function filesToRenew(invocation: Invocation): Promise<readonly PairFiles[]> {
  if (invocation.args.length > 0) return Promise.all(invocation.args.map(withKey));
  const dir = resolve(textFlag('dir', invocation) ?? '.');
  const places = profiles.map((profile) => pairIn(dir, profile));
  const found = await Promise.all(places.map(({ certFile }) => isThere(certFile)));
  const present = places.filter((_, at) => found[at] === true);
  if (present.length > 0) return present;
  throw pkiFailure(
    'E2D_PKI_FILE',
    `There is no ${profiles.map((profile) => `${profile}.crt`).join(', ')} in ${dir}.`,
  );
}

async function withKey(given: string): Promise<PairFiles> {
  const certFile = resolve(given);
  const keyFile = await keyFileBeside(certFile);
  if (keyFile !== undefined) return { certFile, keyFile };
  throw pkiFailure('E2D_PKI_FILE', `The key of ${certFile} is not beside it.`);
}
