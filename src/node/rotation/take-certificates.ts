import { createPrivateKey } from 'node:crypto';
import type { KeyPairFiles } from '../../config/node-config.ts';
import { textOf } from '../../errors/e2d-error.ts';
import type { Rotation } from '../../etcd/pki/rotation.ts';
import type { Reissued } from '../../etcd/pki/rotation-register.ts';
import { clockSkewMs } from '../../pki/examine.ts';
import { type Certificate, readCertificates } from '../../pki/read-certificates.ts';
import type { FileAccess, NodeFiles } from './node-files.ts';
import { issuerOf } from './standing.ts';

export interface TakeRequest {
  readonly files: NodeFiles;
  readonly rotation: Rotation;
  readonly reissued: Reissued;
  readonly access: FileAccess;
  readonly now: Date;
}

/** What was done, and a sentence for each file that could not be changed. */
export interface WorkDone {
  readonly changed: readonly string[];
  readonly problems: readonly string[];
}

/**
 * Puts what was issued for this node's keys in place of the certificates of the old authority, all
 * at once as far as they are there. Each is looked at first: it says what the one before said.
 */
export async function takeCertificates(request: TakeRequest): Promise<WorkDone> {
  const { files, access } = request;
  const pairs = [...new Map(files.pairs.map((pair) => [pair.certFile, pair])).values()];
  const problems: string[] = [];
  const taken: { path: string; content: string; kind: 'certificate' }[] = [];
  for (const pair of pairs) {
    const found = await lookAt(pair, request).catch((cause) => textOf(cause));
    if (typeof found === 'string') problems.push(`${pair.certFile} was left as it is: ${found}.`);
    else if (found !== null) {
      taken.push({ path: pair.certFile, content: found.content, kind: 'certificate' });
    }
  }
  const paths = taken.map(({ path }) => path);
  if (taken.length === 0) return { changed: [], problems };
  try {
    await access.replace(taken);
    return { changed: paths, problems };
  } catch (problem) {
    const failed = paths.map((path) => byHand(path, textOf(problem)));
    return { changed: [], problems: [...problems, ...failed] };
  }
}

function byHand(path: string, why: string): string {
  return (
    `${path} cannot be replaced (${why.replace(/\.$/, '')}): put the certificate there by hand; ` +
    '"e2d pki rotate --status --json" has it.'
  );
}

/** What takes the place of a certificate; null: nothing does, or nothing yet; else why not. */
async function lookAt(
  { certFile, keyFile }: KeyPairFiles,
  { rotation, reissued, access, now }: TakeRequest,
): Promise<{ readonly content: string } | string | null> {
  const text = await access.read(certFile);
  const [before] = readCertificates(text);
  if (before === undefined || issuerOf(text, rotation) !== 'old') return null;
  const content = reissued.get(before.fingerprint);
  if (content === undefined) return null;
  if (text.includes('PRIVATE KEY')) return 'it holds its key, too, and must be replaced by hand';
  const [after, ...more] = readCertificates(content);
  if (after === undefined || more.length > 0) return 'what was issued for it is no certificate';
  if (issuerOf(content, rotation) !== 'new') return 'what was issued is not of the new authority';
  const isOfKey = after.x509.checkPrivateKey(createPrivateKey(await access.read(keyFile)));
  if (!isOfKey) return `what was issued is not for the key ${keyFile}`;
  if (!saysTheSame(before, after)) return 'what was issued has other names or usages';
  const isCurrent =
    after.notAfter > now && after.notBefore.getTime() <= now.getTime() + clockSkewMs;
  return isCurrent ? { content } : 'what was issued is not valid now';
}

function saysTheSame(before: Certificate, after: Certificate): boolean {
  const said = ({ subject, x509, usages }: Certificate) =>
    JSON.stringify([subject, x509.subjectAltName ?? '', x509.keyUsage ?? null, usages]);
  return said(before) === said(after);
}
