import { resolve } from 'node:path';
import { badConfig } from '../../config/bad-config.ts';
import { defaultCommonNames, profiles, roleOrganizations } from '../../pki/profiles.ts';
import type { Invocation } from '../command.ts';
import { helpOf, refuseBadFlags } from '../own-flags.ts';
import { hostsFlag, issueAndWrite, pairIn, textFlag } from '../pki-session.ts';

export async function run(invocation: Invocation): Promise<number> {
  refuseBadFlags(invocation);
  const asked = textFlag('profile', invocation);
  const profile = profiles.find((one) => one === asked);
  const role = textFlag('role', invocation);
  if (profile === undefined) {
    throw misused(`--profile is needed: ${profiles.join(', ')}.`, invocation);
  }
  if (role !== undefined && profile === 'server') {
    throw misused('--role is for clients, which a server certificate cannot be.', invocation);
  }
  const name = textFlag('name', invocation);
  const dir = resolve(textFlag('output-dir', invocation) ?? '.');
  const order = {
    profile,
    commonName: name ?? defaultCommonNames[profile],
    organizations: role === 'viewer' || role === 'operator' ? [roleOrganizations[role]] : [],
    hosts: hostsFlag(invocation),
    files: pairIn(dir, name ?? profile),
  };
  await issueAndWrite([order], invocation);
  return 0;
}

function misused(problem: string, { command }: Invocation) {
  return badConfig({ problems: [problem], warnings: [] }, helpOf(command));
}
