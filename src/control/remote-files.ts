import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { E2dError, textOf } from '../errors/e2d-error.ts';

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
  const read509 = (path: string, pem: Buffer) => {
    try {
      return new X509Certificate(pem);
    } catch (cause) {
      throw unusable(path, 'it holds no certificate', cause);
    }
  };
  // An authority that holds no certificate would have Node trust every public one instead.
  read509(files.caCertFile, ca);
  read509(files.certFile, cert);
  try {
    createSecureContext({ ca, cert, key });
  } catch (cause) {
    throw unusable(files.keyFile, `it is no private key of ${files.certFile}`, cause);
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
    throw unusable(path, textOf(cause), cause);
  });
}

function unusable(path: string, why: string, cause: unknown): E2dError {
  return new E2dError(`The TLS file ${path} cannot be used: ${why}.`, {
    code: 'E2D_TLS_FILE',
    remedy: 'Name a PEM file that this user may read.',
    exit: 2,
    cause,
  });
}
