import { resolve } from 'node:path';
import { firstReachableAddress } from '../../config/hosts.ts';
import { thisMachine } from '../../config/surroundings.ts';
import { defaultCommonNames, type Profile, profiles } from '../../pki/profiles.ts';
import type { Invocation } from '../command.ts';
import { refuseBadFlags } from '../own-flags.ts';
import { hostsFlag, issueAndWrite, pairIn, textFlag } from '../pki-session.ts';

export async function run(invocation: Invocation): Promise<number> {
  refuseBadFlags(invocation);
  const dir = resolve(textFlag('output-dir', invocation) ?? '.');
  const detected = firstReachableAddress(thisMachine().networkInterfaces());
  const hosts = [...hostsFlag(invocation), ...(detected === undefined ? [] : [detected])];
  if (hosts.length === 0) {
    invocation.terminal.err(
      'Warning: this machine has no address besides loopback ones, and --hosts names none: ' +
        'other machines cannot use these certificates.\n',
    );
  }
  const orders = profiles.map((profile) => ({
    profile,
    commonName: defaultCommonNames[profile],
    hosts: hostsOf(profile, hosts),
    files: pairIn(dir, profile),
  }));
  await issueAndWrite(orders, invocation);
  return 0;
}

/**
 * Loopback is everybody's own. People call the client port "localhost" as well; in a peer's names
 * etcd would look it up for each connection from an address that is not among them.
 */
function hostsOf(profile: Profile, hosts: readonly string[]): readonly string[] {
  if (profile === 'client') return [];
  const loopback = ['127.0.0.1', '::1', ...(profile === 'server' ? ['localhost'] : [])];
  return [...hosts, ...loopback];
}
