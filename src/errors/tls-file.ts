import { E2dError } from './e2d-error.ts';

/** For a PEM file that is missing, may not be read or holds something else. */
export function unusableTlsFile(path: string, why: string, cause: unknown): E2dError {
  return new E2dError(`The TLS file ${path} cannot be used: ${why}.`, {
    code: 'E2D_TLS_FILE',
    remedy: 'Name a PEM file that this user may read.',
    exit: 2,
    cause,
  });
}
