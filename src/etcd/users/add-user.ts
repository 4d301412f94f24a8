import { E2dError } from '../../errors/e2d-error.ts';
import type { CallOptions } from '../client/endpoint.ts';
import { type KeyRange, prefixRange } from './key-range.ts';
import type { Permission, UserAdmin } from './user-admin.ts';

export interface NewUser {
  readonly user: string;
  /** All keys that begin with it are the user's to read and to write. */
  readonly prefix: string;
}

/**
 * Adds a user without a password, and a role of the same name that may read and write the keys of
 * the prefix. What a run before left half done is completed; a user with any role is refused
 * (`E2D_USER_EXISTS`), as is a role that may do anything else.
 */
export async function addUser(
  admin: UserAdmin,
  { user, prefix }: NewUser,
  bounds: CallOptions,
): Promise<void> {
  const range = prefixRange(prefix);
  const roles = await admin.rolesOf(user, bounds);
  if (roles !== null && roles.length > 0) throw exists(`The user ${quoted(user)} exists already`);
  const permissions = await admin.permissionsOf(user, bounds);
  if (!(permissions ?? []).every((one) => isThis(one, range))) {
    throw exists(`There is a role ${quoted(user)} already that may do something else`);
  }
  if (permissions === null) await admin.addRole(user, bounds);
  await admin.permit(user, { kind: 'readwrite', ...range }, bounds);
  if (roles === null) await admin.addUser(user, bounds);
  await admin.grant(user, user, bounds);
}

function isThis({ kind, key, end }: Permission, range: KeyRange): boolean {
  return kind === 'readwrite' && key.equals(range.key) && end.equals(range.end);
}

function quoted(user: string): string {
  return JSON.stringify(user);
}

function exists(sentence: string): E2dError {
  return new E2dError(`${sentence}.`, {
    code: 'E2D_USER_EXISTS',
    remedy: 'Nothing was changed; "etcdctl user get" and "etcdctl role get" tell what it may do.',
  });
}
