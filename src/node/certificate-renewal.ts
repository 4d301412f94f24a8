import { readFile } from 'node:fs/promises';
import type { TlsFiles } from '../config/node-config.ts';
import { E2dError } from '../errors/e2d-error.ts';
import type { Authority } from '../pki/authority.ts';
import { writeFiles } from '../pki/certificate-files.ts';
import { type Certificate, readCertificates } from '../pki/read-certificates.ts';

export interface RenewalParts {
  readonly tls: TlsFiles;
  /** Null where the authority's key is not at hand: nothing is renewed then. */
  readonly caKeyFile: string | null;
  readonly now: Date;
}

interface Leaf {
  readonly role: string;
  readonly path: string;
  readonly caFile: string;
}

/** The share of its life after which a certificate is renewed. */
const ripeAfter = 2 / 3;

/** A file that serves two roles is one leaf. */
function leafsOf({ server, peer, client, caCertFile, peerCaCertFile }: TlsFiles): readonly Leaf[] {
  const leafs = [
    { role: 'server', path: server.certFile, caFile: caCertFile },
    { role: 'peer', path: peer.certFile, caFile: peerCaCertFile },
    { role: 'client', path: client.certFile, caFile: caCertFile },
  ];
  return leafs.filter(({ path }, at) => leafs.findIndex((one) => one.path === path) === at);
}

/** Roles whose certificate has lived two thirds of its life, and gains by being renewed here. */
export async function dueForRenewal(parts: RenewalParts): Promise<readonly string[]> {
  return (await dueLeafs(parts)).map(({ role }) => role);
}

/**
 * Renews what ran out while nobody was there to do it in time: nobody is to be locked out for that.
 * Gives the roles. Whatever else is wrong with the files is left to whoever checks them.
 */
export async function renewRunOut(parts: RenewalParts): Promise<readonly string[]> {
  const due = await dueLeafs(parts).catch((): readonly DueLeaf[] => []);
  const late = due.filter(({ notAfter }) => notAfter <= parts.now).map(({ role }) => role);
  await renewCertificates(late, parts);
  return late;
}

interface DueLeaf extends Leaf {
  readonly notAfter: Date;
}

/** Where the authority ends with it, a new certificate would last no longer than the old one. */
async function dueLeafs(parts: RenewalParts): Promise<readonly DueLeaf[]> {
  if (parts.caKeyFile === null) return [];
  const due: DueLeaf[] = [];
  for (const leaf of leafsOf(parts.tls)) {
    const pem = await readFile(leaf.path, 'utf8');
    const [certificate] = readCertificates(pem);
    if (certificate === undefined || !isRipe(certificate, parts.now)) continue;
    const { notAfter } = certificate;
    const authority = await authorityFor(leaf, parts);
    if (authority?.hasSigned(pem) && authority.notAfter > notAfter) due.push({ ...leaf, notAfter });
  }
  return due;
}

/**
 * Has the certificates of these roles signed anew. Their keys stay: at no moment do a certificate
 * and a key lie there that do not belong together. Rejects with `E2D_PKI_AUTHORITY` when the key
 * that is here is not that of their authority, with `E2D_PKI_FILE` when they cannot be written.
 */
export async function renewCertificates(
  roles: readonly string[],
  parts: RenewalParts,
): Promise<void> {
  for (const leaf of leafsOf(parts.tls).filter(({ role }) => roles.includes(role))) {
    const authority = await authorityFor(leaf, parts);
    if (authority === null) {
      throw new E2dError(`The key that belongs to ${leaf.caFile} is not on this node.`, {
        code: 'E2D_PKI_AUTHORITY',
        remedy: 'Name it with --ca-key, or renew the certificates with "e2d pki renew".',
      });
    }
    const old = await readFile(leaf.path, 'utf8');
    const trusted = await readFile(leaf.caFile, 'utf8');
    const { certificate } = authority.reissue(old, { trusted, now: parts.now });
    await writeFiles([{ path: leaf.path, content: certificate, kind: 'certificate' }]);
  }
}

function isRipe({ notBefore, notAfter }: Certificate, now: Date): boolean {
  const [from, to] = [notBefore.getTime(), notAfter.getTime()];
  return now.getTime() >= from + (to - from) * ripeAfter;
}

/**
 * Null when the key on this node belongs to none of the authorities in the file. What signs is
 * loaded late: nodes without TLS never need it, and others months from their start.
 */
async function authorityFor(
  { caFile }: Leaf,
  { caKeyFile }: RenewalParts,
): Promise<Authority | null> {
  if (caKeyFile === null) return null;
  const [certificate, key] = await Promise.all([
    readFile(caFile, 'utf8'),
    readFile(caKeyFile, 'utf8'),
  ]);
  const { openAuthority } = await import('../pki/authority.ts');
  try {
    return openAuthority({ certificate, key });
  } catch (problem) {
    if (problem instanceof E2dError && problem.code === 'E2D_PKI_AUTHORITY') return null;
    throw problem;
  }
}
