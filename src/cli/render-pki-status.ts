import { dirname, relative, sep } from 'node:path';
import type { Certificate } from '../pki/read-certificates.ts';
import { ageInWords } from './amounts.ts';
import type { Surveyed } from './pki-survey.ts';
import { table } from './table.ts';

const header = ['FILE', 'NAME', 'USAGE', 'HOSTS', 'EXPIRES', 'LEFT', 'KEY', 'SIGNED BY'];
/** What a person should see coming. */
const soonMs = 30 * 86_400_000;

/** Certificates as a table, and what is wrong with them below it. */
export function renderCertificates(all: readonly Surveyed[], now: Date): string {
  const folder = commonFolder(all.map(({ file }) => file));
  const rows = all.flatMap(({ file, certificates }) =>
    certificates.map((one) => row(relative(folder, file), one, now)),
  );
  const problems = all.flatMap((one) => one.problems);
  const soon = all.flatMap(({ file, certificates }) =>
    certificates
      .map(({ notAfter }) => notAfter.getTime() - now.getTime())
      .filter((leftMs) => leftMs > 0 && leftMs < soonMs)
      .map((leftMs) => `${file} expires in ${ageInWords(leftMs)}.`),
  );
  return [
    ...(rows.length > 0 ? table(header, rows) : []),
    ...(soon.length > 0 ? ['', ...soon] : []),
    ...(problems.length > 0 ? ['', ...problems.map((problem) => `WRONG: ${problem}`)] : []),
    '',
  ].join('\n');
}

/** The innermost folder that all of them are in. */
function commonFolder([first = '', ...others]: readonly string[]): string {
  let folder = dirname(first);
  const isIn = (file: string) => file.startsWith(folder === sep ? sep : `${folder}${sep}`);
  while (!others.every(isIn)) folder = dirname(folder);
  return folder;
}

function row(file: string, one: Certificate, now: Date): readonly string[] {
  const leftMs = one.notAfter.getTime() - now.getTime();
  return [
    file,
    one.commonName ?? '-',
    usagesIn(one).join('+'),
    [...one.names.dns, ...one.names.ips].join(',') || '-',
    one.notAfter.toISOString().slice(0, 16),
    leftMs > 0 ? ageInWords(leftMs) : 'EXPIRED',
    keyInWords(one),
    one.issuer,
  ];
}

/** The same for programs. */
export function certificatesAsJson(all: readonly Surveyed[]): unknown {
  return {
    files: all.map(({ file, certificates, problems }) => ({
      file,
      certificates: certificates.map((one) => ({
        commonName: one.commonName,
        organizations: one.organizations,
        subject: one.subject,
        issuer: one.issuer,
        serial: one.serial,
        hosts: [...one.names.dns, ...one.names.ips],
        usages: usagesIn(one),
        notBefore: one.notBefore,
        notAfter: one.notAfter,
        key: keyInWords(one),
        fingerprint: one.fingerprint,
      })),
      problems,
    })),
  };
}

function usagesIn({ usages: { ca, server, client } }: Certificate): readonly string[] {
  if (ca) return ['authority'];
  return [...(server ? ['server'] : []), ...(client ? ['client'] : [])];
}

function keyInWords({ key: { algorithm, bits, curve } }: Certificate): string {
  if (algorithm === 'rsa') return `rsa-${bits}`;
  return curve === 'prime256v1' ? 'ecdsa-p256' : (curve ?? algorithm);
}
