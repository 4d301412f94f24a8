import { resolve } from 'node:path';
import { textOf } from '../../errors/e2d-error.ts';
import { pkiFailure } from '../../pki/failure.ts';
import type { Invocation } from '../command.ts';
import { isOn, refuseBadFlags } from '../own-flags.ts';
import { authorityFiles, isThere, readText, textFlag } from '../pki-session.ts';
import { certificateFilesIn, survey } from '../pki-survey.ts';
import { certificatesAsJson, renderCertificates } from '../render-pki-status.ts';

export async function run(invocation: Invocation): Promise<number> {
  refuseBadFlags(invocation);
  const { terminal, args } = invocation;
  const { caCertFile } = authorityFiles(invocation);
  const isNamed = textFlag('ca-cert', invocation) !== undefined;
  const isTrusted = isNamed || (await isThere(caCertFile));
  const authorities = isTrusted ? { path: caCertFile, pem: await readText(caCertFile) } : undefined;
  if (authorities === undefined) {
    terminal.err(
      `Warning: ${caCertFile} is not there, so who signed the certificates is not checked; ` +
        '--ca-cert names the authority.\n',
    );
  }
  const files = args.length > 0 ? args.map((path) => resolve(path)) : await allIn(invocation);
  const listed = isNamed ? [caCertFile, ...files] : files;
  const now = new Date();
  const all = await Promise.all(
    [...new Set(listed)].map((file) => survey(file, { authorities, now })),
  );
  terminal.out(
    isOn('json', invocation)
      ? `${JSON.stringify(certificatesAsJson(all), null, 2)}\n`
      : renderCertificates(all, now),
  );
  return all.some(({ problems }) => problems.length > 0) ? 1 : 0;
}

async function allIn(invocation: Invocation): Promise<readonly string[]> {
  const dir = resolve(textFlag('dir', invocation) ?? '.');
  const files = await certificateFilesIn(dir).catch((cause: unknown) => {
    throw pkiFailure('E2D_PKI_FILE', `${dir} cannot be read (${textOf(cause)}).`, cause);
  });
  if (files.length > 0) return files;
  throw pkiFailure('E2D_PKI_FILE', `There is no certificate in ${dir}.`);
}
