import { readFile } from 'node:fs/promises';
import type { TlsFiles } from '../config/node-config.ts';
import { E2dError, textOf } from '../errors/e2d-error.ts';
import type { ConnectionOptions } from '../etcd/client/connection.ts';
import type { EtcdArgumentsInput } from '../etcd/flags/etcd-arguments.ts';

/** etcd's own TLS files; with a CA it asks for client certificates on both ports. */
export function etcdTlsFlags(tls: TlsFiles | null): Pick<EtcdArgumentsInput, 'tls'> {
  if (tls === null) return {};
  const trustedCaFile = tls.caCertFile;
  return {
    tls: { client: { ...tls.server, trustedCaFile }, peer: { ...tls.peer, trustedCaFile } },
  };
}

/** What e2d shows to etcd's client ports. Throws `E2D_TLS_FILE` when a file cannot be read. */
export async function endpointTls(tls: TlsFiles | null): Promise<Pick<ConnectionOptions, 'tls'>> {
  if (tls === null) return {};
  const [ca, certificate, key] = await Promise.all([
    read(tls.caCertFile),
    read(tls.client.certFile),
    read(tls.client.keyFile),
  ]);
  return { tls: { ca, certificate, key } };
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
