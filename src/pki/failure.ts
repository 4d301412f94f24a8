import { E2dError } from '../errors/e2d-error.ts';

const failures = {
  E2D_PKI_AUTHORITY: { code: 'E2D_PKI_AUTHORITY' },
  E2D_PKI_EXISTS: { code: 'E2D_PKI_EXISTS' },
  E2D_PKI_FILE: { code: 'E2D_PKI_FILE' },
  E2D_PKI_NAME: { code: 'E2D_PKI_NAME', exit: 2 },
  E2D_PKI_REQUEST: { code: 'E2D_PKI_REQUEST' },
} as const;

export type PkiCode = keyof typeof failures;

/** What helps is told with the meaning of the code. */
export function pkiFailure(code: PkiCode, message: string, cause?: unknown): E2dError {
  return new E2dError(message, { ...failures[code], cause });
}
