import { resolve } from 'node:path';
import { firstReachableAddress } from '../../config/hosts.ts';
import { thisMachine } from '../../config/surroundings.ts';
import type { Authority } from '../../pki/authority.ts';
import { filesOf, makeWay, writeFiles } from '../../pki/certificate-files.ts';
import type { KeyAlgorithm } from '../../pki/keys.ts';
import { defaultCommonNames, type Profile, profiles } from '../../pki/profiles.ts';
import type { Invocation } from '../command.ts';
import { isOn, ownFlag, refuseBadFlags } from '../own-flags.ts';
import { authorityOf, pairIn, tellWritten, textFlag } from '../pki-session.ts';

export async function run(invocation: Invocation): Promise<number> {
  refuseBadFlags(invocation);
  const dir = resolve(textFlag('output-dir', invocation) ?? '.');
  const places = profiles.map((profile) => ({ profile, ...pairIn(dir, profile) }));
  await makeWay(
    places.flatMap(({ certFile, keyFile }) => [certFile, keyFile]),
    { force: isOn('force', invocation) },
  );
  const authority = await authorityOf(invocation);
  const issued = await issueAll(authority, invocation);
  await writeFiles(places.flatMap((place, at) => filesOf(pairAt(issued, at), place)));
  const written = places.map(({ certFile, keyFile }, at) => {
    const { notAfter, isCutShort } = pairAt(issued, at);
    return { certFile, keyFile, notAfter, isCutShort };
  });
  tellWritten(written, authority, invocation);
  return 0;
}
