import { codes } from '../errors/codes.ts';
import { E2dError } from '../errors/e2d-error.ts';

export type PkiCode =
  | 'E2D_PKI_AUTHORITY'
  | 'E2D_PKI_EXISTS'
  | 'E2D_PKI_FILE'
  | 'E2D_PKI_NAME'
  | 'E2D_PKI_REQUEST';

export function pkiFailure(code: PkiCode, message: string, cause?: unknown): E2dError {
  const { remedy, exit } = codes[code] ?? {};
  return new E2dError(message, {
    code,
    ...(remedy !== undefined && { remedy }),
    ...(exit !== undefined && { exit }),
    cause,
  });
}
