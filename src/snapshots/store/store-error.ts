import { E2dError, textOf } from '../../errors/e2d-error.ts';
import { harmless, shortened } from '../../errors/shown.ts';

/** What can be wrong with a store, each with an error code of its own. */
export type StoreProblem = 'unreachable' | 'denied' | 'missing' | 'exists' | 'full' | 'failed';

export interface StoreFault {
  /** Where the store is, for people; without a secret. */
  readonly place: string;
  /** What was to be done, as the end of "cannot ...": `list "a/"`. */
  readonly doing: string;
  readonly cause?: unknown;
  /** Instead of the text of `cause`. */
  readonly detail?: string;
  readonly remedy?: string;
}

interface Meaning {
  readonly code: string;
  readonly is: string;
  readonly remedy: string;
}

const problems: Readonly<Record<StoreProblem, Meaning>> = {
  unreachable: {
    code: 'E2D_STORE_UNREACHABLE',
    is: 'it does not answer',
    remedy: 'Check the address and the network; e2d goes on trying.',
  },
  denied: {
    code: 'E2D_STORE_DENIED',
    is: 'access is denied',
    remedy: 'Give e2d credentials, or ownership, that allow listing, reading and writing there.',
  },
  missing: {
    code: 'E2D_STORE_MISSING',
    is: 'it is not there',
    remedy: 'Correct --snapshot-backup-url, or make what it names.',
  },
  exists: {
    code: 'E2D_STORE_EXISTS',
    is: 'it is there already, and nothing in a store is written over',
    remedy: 'Another e2d has written it; nothing needs to be done.',
  },
  full: {
    code: 'E2D_STORE_FULL',
    is: 'there is no space left',
    remedy: 'Make space, or let fewer snapshots be kept.',
  },
  failed: {
    code: 'E2D_STORE_FAILED',
    is: 'the store failed',
    remedy: 'Look at the service or the disk of the store; e2d goes on trying.',
  },
};

/** An `E2dError` with the code of `problem`: one sentence with the place, the act and the cause. */
export function storeError(problem: StoreProblem, fault: StoreFault): E2dError {
  const { code, is, remedy } = problems[problem];
  const told = fault.detail ?? (fault.cause === undefined ? '' : textOf(fault.cause));
  // Services and listings write what they like into their answers.
  const detail = harmless(shortened(told, 500));
  const doing = harmless(shortened(fault.doing, 1200));
  const reason = detail === '' ? is : `${is} (${detail.replace(/\.$/, '')})`;
  return new E2dError(`The snapshot store ${fault.place} cannot ${doing}: ${reason}.`, {
    code,
    remedy: fault.remedy ?? remedy,
    cause: fault.cause,
  });
}
