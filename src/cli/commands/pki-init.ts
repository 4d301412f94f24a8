import { createAuthority, openAuthority } from '../../pki/authority.ts';
import { filesOf, makeWay, writeFiles } from '../../pki/certificate-files.ts';
import type { KeyAlgorithm } from '../../pki/keys.ts';
import type { Invocation } from '../command.ts';
import { isOn, ownFlag, refuseBadFlags } from '../own-flags.ts';
import { authorityFiles, tellWritten, textFlag } from '../pki-session.ts';

export async function run(invocation: Invocation): Promise<number> {
  refuseBadFlags(invocation);
  const { caCertFile: certFile, caKeyFile: keyFile } = authorityFiles(invocation);
  await makeWay([certFile, keyFile], { force: isOn('force', invocation) });
  const pair = await createAuthority({
    algorithm: ownFlag('algorithm', invocation) as KeyAlgorithm,
    commonName: textFlag('name', invocation) ?? '',
    lifetimeMs: Number(ownFlag('lifetime', invocation)),
    now: new Date(),
  });
  await writeFiles(filesOf(pair, { certFile, keyFile }));
  const authority = openAuthority(pair);
  const { notAfter } = authority;
  tellWritten([{ certFile, keyFile, notAfter, isCutShort: false }], authority, invocation);
  if (isOn('json', invocation)) return 0;
  invocation.terminal.out(
    'Who has the key can make any certificate of the cluster: keep it off machines that need not ' +
      'renew theirs.\nNext: e2d pki gencerts, for each machine.\n',
  );
  return 0;
}
