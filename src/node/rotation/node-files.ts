import { readFile } from 'node:fs/promises';
import type { KeyPairFiles, NodeConfig } from '../../config/node-config.ts';
import { textOf } from '../../errors/e2d-error.ts';
import { type NewFile, writeFiles } from '../../pki/certificate-files.ts';
import { readCertificates } from '../../pki/read-certificates.ts';
import type { NodeFacts } from './standing.ts';

/** The certificates of a node, by what they are for. */
export interface NodeFiles {
  /** Files of authorities, each once. */
  readonly trusted: readonly string[];
  readonly pairs: readonly (KeyPairFiles & { readonly role: 'server' | 'peer' | 'client' })[];
}

/** Null where the node speaks no TLS. */
export function nodeFilesOf({
  tls,
  remoteControl,
}: Pick<NodeConfig, 'tls' | 'remoteControl'>): NodeFiles | null {
  if (tls === null) return null;
  const trusted = [tls.caCertFile, tls.peerCaCertFile, remoteControl?.caCertFile];
  const roles = ['server', 'peer', 'client'] as const;
  return {
    trusted: [...new Set(trusted.filter((path) => path !== undefined))],
    pairs: roles.map((role) => ({ role, ...tls[role] })),
  };
}

/** The disk; a test may give another. */
export interface FileAccess {
  readonly read: (path: string) => Promise<string>;
  /** Each file as a whole: after a crash the old one or the new one is there. */
  readonly replace: (files: readonly NewFile[]) => Promise<void>;
}

export const disk: FileAccess = {
  read: (path) => readFile(path, 'utf8'),
  replace: writeFiles,
};

/** What the files say now, and a sentence for each that cannot be read. */
export async function factsOf(
  files: NodeFiles,
  { read }: Pick<FileAccess, 'read'>,
): Promise<Pick<NodeFacts, 'trusted' | 'certificates'> & { readonly problems: readonly string[] }> {
  const problems: string[] = [];
  const certificatesIn = async (path: string) => {
    try {
      return readCertificates(await read(path));
    } catch (problem) {
      problems.push(`The file ${path} cannot be read (${textOf(problem)}): mend it.`);
      return [];
    }
  };
  const trusted = await Promise.all(
    files.trusted.map(async (path) => {
      const authorities = await certificatesIn(path);
      return { path, authorities: authorities.map(({ fingerprint }) => fingerprint) };
    }),
  );
  const certificates = await Promise.all(
    files.pairs.map(async ({ role, certFile }) => {
      const chain = await certificatesIn(certFile);
      // Only certificates: whoever keeps the key in the same file keeps it to himself.
      const certificate = chain.map(({ x509 }) => x509.toString()).join('');
      return { role, path: certFile, certificate };
    }),
  );
  return { trusted, certificates, problems: [...new Set(problems)] };
}
