import { readFile } from 'node:fs/promises';
import type { TlsFiles } from '../config/node-config.ts';
import { E2dError, textOf } from '../errors/e2d-error.ts';
import type { EndpointTls } from '../etcd/client/connection.ts';
import type { EtcdArgumentsInput } from '../etcd/flags/etcd-arguments.ts';

/** etcd's own TLS files. Members ask one another for certificates, and clients unless told not. */
export function etcdTlsFlags(tls: TlsFiles | null): Pick<EtcdArgumentsInput, 'tls'> {
  if (tls === null) return {};
  const asked = tls.clientCertAuth ? { trustedCaFile: tls.caCertFile } : {};
  return {
    tls: {
      client: { ...tls.server, ...asked },
      peer: { ...tls.peer, trustedCaFile: tls.peerCaCertFile },
    },
  };
}

/** What e2d shows to etcd's client ports. Throws `E2D_TLS_FILE` when a file cannot be read. */
export async function endpointTls(tls: TlsFiles | null): Promise<{ readonly tls?: EndpointTls }> {
  if (tls === null) return {};
  const [ca, certificate, key] = await Promise.all([
    readTlsFile(tls.caCertFile),
    readTlsFile(tls.client.certFile),
    readTlsFile(tls.client.keyFile),
  ]);
  return { tls: { ca, certificate, key } };
}

/** Throws `E2D_TLS_FILE` when the file cannot be read. */
export async function readTlsFile(path: string): Promise<Buffer> {
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
