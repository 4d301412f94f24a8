import { E2dError, textOf } from '../../errors/e2d-error.ts';
import { type StoreProblem, storeError } from './store-error.ts';

/** What of a failure of the SDK says what happened; all of it is optional there. */
interface S3Failure {
  /** The code of the service, e.g. `NoSuchKey`, or of the SDK itself. */
  readonly name: string;
  /** null when no answer came. */
  readonly status: number | null;
  readonly attempts: number;
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value
    ? Object.getOwnPropertyDescriptor(value, name)?.value
    : undefined;
}

export function failureOf(error: unknown): S3Failure {
  const metadata = propertyOf(error, '$metadata');
  const status = propertyOf(metadata, 'httpStatusCode');
  const attempts = propertyOf(metadata, 'attempts');
  return {
    name: error instanceof Error ? error.name : '',
    status: typeof status === 'number' ? status : null,
    attempts: typeof attempts === 'number' ? attempts : 1,
  };
}

/** How services name a disk or an allowance that is used up. */
const FULL = new Set(['XMinioStorageFull', 'QuotaExceeded', 'InsufficientStorage']);
/** What the SDK throws before it asks the service: no credentials could be had. */
const NO_CREDENTIALS = new Set(['CredentialsProviderError', 'TokenProviderError']);
const CONFLICT = 'ConditionalRequestConflict';

function problemOf({ name, status }: S3Failure): StoreProblem {
  if (NO_CREDENTIALS.has(name) || status === 401 || status === 403) return 'denied';
  if (FULL.has(name) || status === 507) return 'full';
  if (status === 404) return 'missing';
  if (status === 412 || (status === 409 && name === CONFLICT)) return 'exists';
  return status === null ? 'unreachable' : 'failed';
}

/**
 * The condition "only if there is none" is what the service does not know: most say 501, some take
 * the header for a mistake. Such a 400 can mean something else, which then fails again without it.
 */
export function refusesCondition(error: unknown): boolean {
  const { name, status } = failureOf(error);
  const isMistake = ['InvalidArgument', 'InvalidRequest', 'BadRequest'].includes(name);
  return status === 501 || (status === 400 && isMistake);
}

/** The write may have been done although it seems to have failed: an answer was lost. */
export function isUnsettled(error: unknown): boolean {
  const { status, attempts } = failureOf(error);
  return status === null || status >= 500 || attempts > 1;
}

export interface S3Act {
  readonly place: string;
  /** The end of "cannot ...". */
  readonly doing: string;
}

/** The `E2dError` for a failure of the SDK. What is one already stays as it is. */
export function s3Error(error: unknown, act: S3Act): E2dError {
  if (error instanceof E2dError) return error;
  const failure = failureOf(error);
  const problem = problemOf(failure);
  const text = textOf(error);
  const named = ['Error', 'UnknownError', text].includes(failure.name) ? '' : `${failure.name}: `;
  const status = failure.status === null ? '' : `${failure.status} `;
  return storeError(problem, {
    ...act,
    cause: error,
    detail: `${status}${named}${text === 'UnknownError' ? 'no reason given' : text}`,
    ...(NO_CREDENTIALS.has(failure.name)
      ? { remedy: 'Give credentials by a profile, the environment, an instance role or flags.' }
      : {}),
  });
}
