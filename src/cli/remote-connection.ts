import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { E2dError, textOf } from '../errors/e2d-error.ts';
import type { RemoteNode } from './remote-node.ts';

/**
 * Connects, and trusts nobody but the authority, at the host that was asked for. Throws
 * `E2D_TLS_FILE`.
 */
export function connectTo({ host, port, ca, certificate, key }: RemoteNode): TLSSocket {
  const shown = { ca, cert: certificate, key, minVersion: 'TLSv1.2' } as const;
  try {
    // An authority that holds no certificate would have Node trust every public one instead.
    new X509Certificate(ca);
    return connect({ host, port, ...shown, ...(isIP(host) === 0 ? { servername: host } : {}) });
  } catch (cause) {
    throw new E2dError(
      `--ca-cert, --client-cert and --client-key cannot be used together: ${textOf(cause)}.`,
      {
        code: 'E2D_TLS_FILE',
        remedy: 'Name PEM files: a certificate of the authority, one to show, and its own key.',
        exit: 2,
        cause,
      },
    );
  }
}

/** What a connection over TLS fails with, in a sentence. */
export function remoteFault(place: string, cause: NodeJS.ErrnoException): E2dError {
  const { code = '' } = cause;
  if (code === 'ECONNREFUSED') {
    return new E2dError(`Nothing answers at ${place}.`, {
      code: 'E2D_NOT_RUNNING',
      remedy: 'Check the address, and that e2d runs there with --control-addr.',
      cause,
    });
  }
  if (/CERT|SIGNATURE|ISSUER|ALTNAME|SELF_SIGNED/.test(code) && !code.startsWith('ERR_SSL_')) {
    return new E2dError(`What answers at ${place} is not trusted: ${textOf(cause)}.`, {
      code: 'E2D_CONTROL_UNTRUSTED',
      remedy:
        'Check --ca-cert, and that --endpoint is a name or address in the server certificate.',
      cause,
    });
  }
  return new E2dError(`The node at ${place} cannot be asked: ${textOf(cause)}.`, {
    code: 'E2D_CONTROL_FAILED',
    remedy: 'Check the address and the network, and look at the log of e2d there.',
    cause,
  });
}
