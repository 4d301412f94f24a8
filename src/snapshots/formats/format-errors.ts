import { E2dError } from '../../errors/e2d-error.ts';

/**
 * What is stored is not what was taken; `what` ends the sentence "The snapshot is damaged: ...".
 */
export function corrupt(what: string, cause?: unknown): E2dError {
  return new E2dError(`The snapshot is damaged: ${what}.`, {
    code: 'E2D_SNAPSHOT_CORRUPT',
    remedy: 'Take another one: "e2d snapshot list" shows them, newest first.',
    cause,
  });
}

export function noKeyFits(message: string): E2dError {
  return new E2dError(message, {
    code: 'E2D_SNAPSHOT_KEY',
    remedy:
      'Give the key of the cluster it was taken of: --ca-key or --snapshot-encryption-key-file.',
  });
}

export function empty(): E2dError {
  return new E2dError('The snapshot is empty: there is no database in it.', {
    code: 'E2D_SNAPSHOT_EMPTY',
    remedy: 'Take another one: "e2d snapshot list" shows them, newest first.',
  });
}
