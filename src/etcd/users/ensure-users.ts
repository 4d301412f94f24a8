import type { CallOptions } from '../client/endpoint.ts';
import { EtcdFault, toEtcdFault } from '../client/etcd-fault.ts';
import { volatilePrefix } from '../membership/keys.ts';
import { type KeyRange, prefixRange } from './key-range.ts';
import type { Permission, UserAdmin } from './user-admin.ts';

/** etcd's own role of this name may do everything, and only it may change members or save. */
export const rootRole = 'root';
export const rootUser = 'root';
/** The role for e2d's own keys. */
export const e2dRole = 'e2d';

/** One RPC that changes something; told before it is made. */
export type OnStep = (sentence: string) => void;

export interface Reconciling {
  readonly admin: UserAdmin;
  /** Every user that an e2d of this cluster is. */
  readonly e2dUsers: readonly string[];
  readonly bounds: CallOptions;
  readonly onStep: OnStep;
}

/**
 * Makes `root`, its role, and e2d's own users what they must be, one RPC after another, and leaves
 * alone what is so already: a run that was cut short anywhere is completed by the next.
 */
export async function ensureUsers(request: Reconciling): Promise<void> {
  const { admin, e2dUsers, bounds } = request;
  await ensureRole(rootRole, null, request);
  await ensureUser(rootUser, [rootRole], request);
  await ensureRole(e2dRole, prefixRange(volatilePrefix), request);
  for (const user of e2dUsers) await ensureUser(user, [e2dRole, rootRole], request);
  const [root, ...others] = await Promise.all(
    [rootUser, ...e2dUsers].map((user) => admin.rolesOf(user, bounds)),
  );
  const complete = [root, ...others].every((roles) => roles?.includes(rootRole) === true);
  if (complete && others.every((roles) => roles?.includes(e2dRole) === true)) return;
  throw new EtcdFault('unexpected-answer', 'etcd took the users, but does not show their roles.');
}

async function ensureRole(
  role: string,
  range: KeyRange | null,
  { admin, bounds, onStep }: Reconciling,
): Promise<void> {
  const known = await admin.permissionsOf(role, bounds);
  if (known === null) {
    onStep(`adding the role ${role}`);
    await admin.addRole(role, bounds).catch(unlessThere);
  }
  if (range === null || known?.some((one) => isReadWrite(one, range))) return;
  onStep(`letting the role ${role} read and write the keys that begin with ${range.key}`);
  await admin.permit(role, { kind: 'readwrite', ...range }, bounds);
}

async function ensureUser(
  user: string,
  roles: readonly string[],
  { admin, bounds, onStep }: Reconciling,
): Promise<void> {
  const known = await admin.rolesOf(user, bounds);
  if (known === null) {
    onStep(`adding the user ${user}`);
    await admin.addUser(user, bounds).catch(unlessThere);
  }
  for (const role of roles) {
    if (known?.includes(role)) continue;
    onStep(`giving the user ${user} the role ${role}`);
    await admin.grant(user, role, bounds);
  }
}

/** Somebody does the same at the same time, and was faster. */
function unlessThere(problem: unknown): void {
  if (toEtcdFault(problem).code !== 'already-exists') throw problem;
}

function isReadWrite({ kind, key, end }: Permission, range: KeyRange): boolean {
  return kind === 'readwrite' && key.equals(range.key) && end.equals(range.end);
}
