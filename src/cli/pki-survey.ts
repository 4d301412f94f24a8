import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { textOf } from '../errors/e2d-error.ts';
import { openAuthority } from '../pki/authority.ts';
import { examine, examineAuthorities, type PemFile, type Purpose } from '../pki/examine.ts';
import { toPem } from '../pki/pem.ts';
import { type Certificate, readCertificates } from '../pki/read-certificates.ts';
import { keyFileBeside, readText } from './pki-session.ts';

/** A file, the certificates in it, and what is wrong: whole sentences. */
export interface Surveyed {
  readonly file: string;
  readonly certificates: readonly Certificate[];
  readonly problems: readonly string[];
}

export interface SurveyOptions {
  /** The trusted authorities; without them nobody can say who is trusted. */
  readonly authorities: PemFile | undefined;
  readonly now: Date;
}

/** What certificates with these names are for, whatever else they say. */
const purposesOf: Readonly<Record<string, readonly Purpose[]>> = {
  'server.crt': ['server'],
  'peer.crt': ['server', 'client'],
  'client.crt': ['client'],
};

/** The files of a directory that may hold certificates, in the order of their names. */
export async function certificateFilesIn(dir: string): Promise<readonly string[]> {
  const names = (await readdir(dir)).filter((name) => /\.(crt|cert|pem)$/.test(name)).sort();
  const paths = names.map((name) => join(dir, name));
  const texts = await Promise.all(paths.map((path) => readText(path).catch(() => '')));
  return paths.filter((_, at) => texts[at]?.includes('-----BEGIN CERTIFICATE-----'));
}

/** Reads and judges one file. A key that lies beside it is judged with it. */
export async function survey(given: string, options: SurveyOptions): Promise<Surveyed> {
  const file = resolve(given);
  try {
    const pem = await readText(file);
    const certificates = readCertificates(pem);
    const keyFile = await keyFileBeside(file);
    const key = keyFile === undefined ? undefined : { path: keyFile, pem: await readText(keyFile) };
    const isAuthority = certificates.length > 0 && certificates.every(({ usages }) => usages.ca);
    const judge = isAuthority ? authorityProblems : leafProblems;
    const problems = judge({ path: file, pem }, { certificates, key, ...options });
    const open = keyFile === undefined ? [] : await accessProblems(keyFile);
    return { file, certificates, problems: [...problems, ...open] };
  } catch (error) {
    return { file, certificates: [], problems: [`${file}: ${textOf(error)}`] };
  }
}

interface Judging extends SurveyOptions {
  readonly certificates: readonly Certificate[];
  readonly key: PemFile | undefined;
}

function leafProblems(certificate: PemFile, { key, authorities, now }: Judging) {
  const purposes = purposesOf[basename(certificate.path)] ?? [];
  const flaws = examine({ certificate, key, authorities, purposes, hosts: [], now });
  return flaws.map(({ sentence, remedy }) => `${sentence} ${remedy}`);
}

/** Of a bundle each counts by itself: while authorities are changed the old one may run out. */
function authorityProblems(file: PemFile, { certificates, key, now }: Judging): string[] {
  const bundle = examineAuthorities(file);
  const single = certificates.flatMap(({ x509 }) => {
    const certificate = { path: file.path, pem: toPem('CERTIFICATE', x509.raw) };
    return examine({ certificate, purposes: [], hosts: [], now });
  });
  const told = [...bundle, ...single].map(({ sentence, remedy }) => `${sentence} ${remedy}`);
  if (key === undefined) return told;
  try {
    openAuthority({ certificate: String(file.pem), key: String(key.pem) });
    return told;
  } catch (error) {
    return [...told, `${key.path}: ${textOf(error)}`];
  }
}

async function accessProblems(keyFile: string): Promise<readonly string[]> {
  const { mode } = await stat(keyFile);
  if ((mode & 0o007) === 0) return [];
  return [`The key ${keyFile} is open to every user of this machine. Do chmod 600 ${keyFile}.`];
}
