import { readFile } from 'node:fs/promises';
import type { TlsFiles } from '../config/node-config.ts';
import { textOf } from '../errors/e2d-error.ts';
import { unusableTlsFile } from '../errors/tls-file.ts';
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
    throw unusableTlsFile(path, textOf(cause), cause);
  });
}
