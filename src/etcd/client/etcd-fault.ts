import type { Fault } from '../../../machines/facts.ts';
import { textOf } from '../../errors/e2d-error.ts';
import { shortened } from '../../errors/shown.ts';

/**
 * Why a call to etcd failed, as a stable code:
 * - `unavailable` nothing answers at the endpoint, or it is stopping
 * - `deadline` no answer in time: no quorum, a slow disk, or a lost connection
 * - `no-leader` the endpoint answers, but its cluster has no leader just now
 * - `unhealthy-cluster` etcd's own gate refused a member change; worth trying again in seconds
 * - `permission` etcd knows the user who asks, and does not let it do so
 * - `unauthenticated` etcd answers users only, and knows none of the name it was shown
 * - `aborted` the caller's signal ended the call
 */
export type EtcdFaultCode =
  | 'unavailable'
  | 'deadline'
  | 'no-leader'
  | 'not-leader'
  | 'not-found'
  | 'learner-not-ready'
  | 'not-learner'
  | 'too-many-learners'
  | 'learner-refuses'
  | 'unhealthy-cluster'
  | 'already-exists'
  | 'no-space'
  | 'permission'
  | 'unauthenticated'
  | 'wrong-member'
  | 'wrong-cluster'
  | 'unexpected-answer'
  | 'lock-lost'
  | 'aborted'
  | 'unknown';

/** What a server says may be as long as it likes. */
const longestMessage = 2000;

/** The one error that leaves the etcd client. `fault()` is the same as plain data. */
export class EtcdFault extends Error {
  override readonly name = 'EtcdFault';
  readonly code: EtcdFaultCode;

  constructor(code: EtcdFaultCode, message: string, cause?: unknown) {
    super(shortened(message, longestMessage), cause === undefined ? undefined : { cause });
    this.code = code;
  }

  fault(): Fault {
    return { code: this.code, message: this.message };
  }
}

/** Whether etcd is well, and would have answered another user. */
export function isForUsers({ code }: Pick<EtcdFault, 'code'>): boolean {
  return code === 'permission' || code === 'unauthenticated';
}

/** The same fault, with the endpoint that it came from, and what to do where that is not plain. */
export function faultAt(url: string, { code, message, cause }: EtcdFault): EtcdFault {
  const hint = isForUsers({ code }) ? wantsUser : '';
  return new EtcdFault(code, `${url}: ${message}${hint}`, cause);
}

const wantsUser =
  ' (etcd answers its users only: give e2d a --client-cert whose CN is a user with these rights)';

/** Anything thrown, as a fault. */
export function faultOf(thrown: unknown): Fault {
  return toEtcdFault(thrown).fault();
}

/** etcd's own sentences come first: several of them share one gRPC status. */
const sentences: readonly (readonly [string, EtcdFaultCode])[] = [
  ['in sync with leader', 'learner-not-ready'],
  ['can only promote a learner', 'not-learner'],
  ['too many learner members', 'too-many-learners'],
  ['not supported for learner', 'learner-refuses'],
  ['not enough started members', 'unhealthy-cluster'],
  ['unhealthy cluster', 'unhealthy-cluster'],
  ['no leader', 'no-leader'],
  ['leader changed', 'no-leader'],
  ['previous leader failure', 'no-leader'],
  ['not leader', 'not-leader'],
  ['request timed out', 'deadline'],
  ['took too long', 'deadline'],
  ['already exist', 'already-exists'],
  ['member not found', 'not-found'],
  ['requested lease not found', 'not-found'],
  ['database space exceeded', 'no-space'],
  ['permission denied', 'permission'],
  ['user name is empty', 'unauthenticated'],
  ['user name not found', 'unauthenticated'],
  ['auth: user not found', 'unauthenticated'],
  ['revision of auth store is old', 'unauthenticated'],
  ['invalid auth token', 'unauthenticated'],
];

/** Cancelled, and not by us, is what a server calls a call whose deadline it saw pass before us. */
const statuses: Readonly<Record<string, EtcdFaultCode>> = {
  CANCELLED: 'deadline',
  DEADLINE_EXCEEDED: 'deadline',
  NOT_FOUND: 'not-found',
  ALREADY_EXISTS: 'already-exists',
  PERMISSION_DENIED: 'permission',
  UNAVAILABLE: 'unavailable',
  UNAUTHENTICATED: 'unauthenticated',
};

/** Maps what etcd3 throws: its errors carry the gRPC status only as the start of their text. */
export function toEtcdFault(thrown: unknown): EtcdFault {
  if (thrown instanceof EtcdFault) return thrown;
  const text = textOf(thrown);
  const [, status, details] = /^(?:\w+: )?\d+ ([A-Z_]+): (.*)$/s.exec(text) ?? [];
  const said = sentences.find(([part]) => (details ?? text).includes(part));
  const code = said?.[1] ?? (status === undefined ? undefined : statuses[status]) ?? 'unknown';
  return new EtcdFault(code, details ?? text, thrown);
}
