import { open, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { textOf } from '../errors/e2d-error.ts';
import { type Authority, type IssueOptions, openAuthority } from '../pki/authority.ts';
import { filesOf, makeWay, type PairFiles, writeFiles } from '../pki/certificate-files.ts';
import { pkiFailure } from '../pki/failure.ts';
import { keyAlgorithms } from '../pki/keys.ts';
import type { Invocation } from './command.ts';
import { isOn, ownFlag } from './own-flags.ts';

/** Far more than a chain of certificates takes. */
const longestFile = 1024 * 1024;
const soonMs = 365 * 86_400_000;

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

export interface Order extends Pick<IssueOptions, 'profile' | 'commonName' | 'organizations'> {
  readonly hosts: readonly string[];
  readonly files: PairFiles;
}

/** Issues all that is ordered, and then writes it: everything or nothing. */
export async function issueAndWrite(
  orders: readonly Order[],
  invocation: Invocation,
): Promise<void> {
  const paths = orders.flatMap(({ files }) => [files.certFile, files.keyFile]);
  await makeWay(paths, { force: isOn('force', invocation) });
  const authority = await authorityOf(invocation);
  const algorithm = keyAlgorithms.find((one) => one === textFlag('algorithm', invocation));
  const common = {
    lifetimeMs: Number(ownFlag('lifetime', invocation)),
    now: new Date(),
    ...(algorithm !== undefined && { algorithm }),
  };
  const issued = await Promise.all(
    orders.map(async ({ files, ...order }) => ({
      ...files,
      ...(await authority.issue({ ...order, ...common })),
    })),
  );
  await writeFiles(issued.flatMap((one) => filesOf(one, one)));
  tellWritten(issued, authority, invocation);
}

export function hostsFlag(invocation: Invocation): readonly string[] {
  const hosts: unknown = ownFlag('hosts', invocation);
  return Array.isArray(hosts) ? hosts.map(String) : [];
}

/** A certificate that was written, for people and programs. */
export interface Written extends PairFiles {
  readonly notAfter: Date;
  readonly isCutShort: boolean;
}

/**
 * What was written, and a warning where an authority ends before what was asked for; all that comes
 * of the default is that a new one and its certificates end together.
 */
export function tellWritten(all: readonly Written[], { notAfter }: Authority, told: Invocation) {
  const { terminal, flags } = told;
  const isAskedFor = flags.given.some(({ option }) => option === 'lifetime');
  const isSoon = notAfter.getTime() - Date.now() < soonMs;
  if ((isAskedFor || isSoon) && all.some(({ isCutShort }) => isCutShort)) {
    terminal.err(
      `Warning: the authority expires at ${notAfter.toISOString()}, and with it what it signs: ` +
        'the lifetime was cut short.\n',
    );
  }
  if (isOn('json', told)) {
    const certificates = all.map(({ certFile, keyFile, notAfter: until, isCutShort }) => ({
      certFile,
      keyFile,
      notAfter: until,
      isCutShort,
    }));
    terminal.out(`${JSON.stringify({ certificates }, null, 2)}\n`);
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
export async function keyFileBeside(certFile: string): Promise<string | undefined> {
  const stem = certFile.replace(/\.[^./]*$/, '');
  for (const path of [`${stem}.key`, `${stem}-key.pem`]) {
    if (path !== certFile && (await isThere(path))) return path;
  }
  return undefined;
}

export async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
