import type { CodeMeaning } from './code-meaning.ts';

/** What is said of certificates and keys that e2d makes. */
export const pkiCodes = {
  E2D_PKI_AUTHORITY: {
    exit: 1,
    sentence: 'The certificate authority cannot sign, or did not sign what it is to renew.',
    remedy: 'Give what "e2d pki init" wrote: --ca-cert its certificate, --ca-key its private key.',
  },
  E2D_PKI_EXISTS: {
    exit: 1,
    sentence: 'Certificates or keys are where new ones were to be written.',
    remedy: 'Name another place, or replace them with --force.',
  },
  E2D_PKI_FILE: {
    exit: 1,
    sentence: 'A file of a certificate or a key cannot be read or written.',
    remedy: 'Name PEM files in folders that this user may read and write.',
  },
  E2D_PKI_NAME: {
    exit: 2,
    sentence: 'A name cannot stand in a certificate, or one that must stand there is missing.',
    remedy: 'Give IP addresses and DNS names without scheme and port, such as 10.0.0.5.',
  },
  E2D_PKI_REQUEST: {
    exit: 1,
    sentence: 'A request for a certificate cannot be read, or its maker does not hold its key.',
    remedy: 'Make a new request, with an ECDSA or an RSA key.',
  },
} as const satisfies Readonly<Record<string, CodeMeaning>>;
