import { open } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { textOf } from '../errors/e2d-error.ts';
import { type Authority, openAuthority } from '../pki/authority.ts';
import type { PairFiles } from '../pki/certificate-files.ts';
import { pkiFailure } from '../pki/failure.ts';
import type { Invocation } from './command.ts';
import { isOn, ownFlag } from './own-flags.ts';

/** Far more than a chain of certificates takes. */
const longestFile = 1024 * 1024;

export interface AuthorityFiles {
  readonly caCertFile: string;
  readonly caKeyFile: string;
}

/** Named by flags, or where they are by default: in this directory, or in that of `--dir`. */
export function authorityFiles(invocation: Invocation): AuthorityFiles {
  const dir = resolve(textFlag('dir', invocation) ?? '.');
  const caCertFile = textFlag('ca-cert', invocation);
  const caKeyFile = textFlag('ca-key', invocation);
  return {
    caCertFile: caCertFile === undefined ? join(dir, 'ca.crt') : resolve(caCertFile),
    caKeyFile: caKeyFile === undefined ? join(dir, 'ca.key') : resolve(caKeyFile),
  };
}

/** Rejects with `E2D_PKI_FILE` or `E2D_PKI_AUTHORITY`. */
export async function authorityOf(invocation: Invocation): Promise<Authority> {
  const { caCertFile, caKeyFile } = authorityFiles(invocation);
  const [certificate, key] = [await readText(caCertFile), await readText(caKeyFile)];
  return openAuthority({ certificate, key });
}

/** Rejects with `E2D_PKI_FILE`. */
export async function readText(path: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(longestFile + 1));
      if (bytesRead <= longestFile) return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw pkiFailure('E2D_PKI_FILE', `${path} cannot be read (${textOf(cause)}).`, cause);
  }
  throw pkiFailure('E2D_PKI_FILE', `${path} is too long for a file of certificates or keys.`);
}

export function textFlag(name: string, invocation: Invocation): string | undefined {
  const value = ownFlag(name, invocation);
  return typeof value === 'string' ? value : undefined;
}

/** A certificate that was written, for people and programs. */
export interface Written extends PairFiles {
  readonly notAfter: Date;
  readonly isCutShort: boolean;
}

/** What was written, and a warning where the authority ends before what was asked for. */
export function tellWritten(all: readonly Written[], { notAfter }: Authority, told: Invocation) {
  const { terminal } = told;
  if (all.some(({ isCutShort }) => isCutShort)) {
    terminal.err(
      `Warning: the authority expires at ${notAfter.toISOString()}, and with it what it signs: ` +
        'the lifetime was cut short.\n',
    );
  }
  if (isOn('json', told)) {
    terminal.out(`${JSON.stringify({ certificates: all }, null, 2)}\n`);
    return;
  }
  const lines = all.map(
    ({ certFile, keyFile, notAfter: end }) =>
      `Wrote ${certFile} and its key ${keyFile}: valid until ${end.toISOString()}.\n`,
  );
  terminal.out(lines.join(''));
}

/** `server.crt` and `server.key`. */
export function pairIn(dir: string, name: string): PairFiles {
  return { certFile: join(dir, `${name}.crt`), keyFile: join(dir, `${name}.key`) };
}

/** Where the key of a certificate lies: `a.key` beside `a.crt`, or `a-key.pem` beside `a.pem`. */
export function keyFilesBeside(certFile: string): readonly string[] {
  const stem = certFile.replace(/\.[^./]*$/, '');
  return [`${stem}.key`, `${stem}-key.pem`];
}
