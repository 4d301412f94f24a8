import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { textOf } from '../errors/e2d-error.ts';
import { unusableTlsFile } from '../errors/tls-file.ts';

/** PEM files, by their absolute paths. */
export interface RemoteControlFiles {
  /** The authority that clients' certificates are checked against. */
  readonly caCertFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** Reads the files and tries them out together. Throws `E2D_TLS_FILE`. */
export async function readRemoteFiles(files: RemoteControlFiles): Promise<SecureContextOptions> {
  const [ca, cert, key] = await Promise.all([
    read(files.caCertFile),
    read(files.certFile),
    read(files.keyFile),
  ]);
  // An authority that holds no certificate would have Node trust every public one instead.
  expectCertificate(files.caCertFile, ca);
  expectCertificate(files.certFile, cert);
  try {
    createSecureContext({ ca, cert, key });
  } catch (cause) {
    throw unusableTlsFile(files.keyFile, `it is no private key of ${files.certFile}`, cause);
  }
  return { ca, cert, key };
}

/** Differs when one of the files is another than before. */
export async function fingerprintOf(files: RemoteControlFiles): Promise<string> {
  const paths = [files.caCertFile, files.certFile, files.keyFile];
  const told = paths.map(async (path) => {
    const found = await stat(path, { bigint: true }).catch(() => null);
    return found === null ? 'missing' : `${found.ino} ${found.size} ${found.mtimeNs}`;
  });
  return (await Promise.all(told)).join('\n');
}

async function read(path: string): Promise<Buffer> {
  return readFile(path).catch((cause) => {
    throw unusableTlsFile(path, textOf(cause), cause);
  });
}

function expectCertificate(path: string, pem: Buffer): void {
  try {
    new X509Certificate(pem);
  } catch (cause) {
    throw unusableTlsFile(path, 'it holds no certificate', cause);
  }
}
