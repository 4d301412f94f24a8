import { textOf } from '../../errors/e2d-error.ts';
import { Connection, type ConnectionOptions, type Rpc } from '../client/connection.ts';
import type { CallOptions } from '../client/endpoint.ts';
import { EtcdFault, isForUsers, toEtcdFault } from '../client/etcd-fault.ts';
import type { KeyRange } from './key-range.ts';

export interface Permission extends KeyRange {
  readonly kind: 'read' | 'write' | 'readwrite';
}

/**
 * etcd's users and roles, asked of one member. Every method rejects with an `EtcdFault`. Once users
 * are demanded, all of it takes the role `root`.
 */
export interface UserAdmin {
  readonly url: string;
  /** Whether etcd demands users; also known to those whom it would tell nothing else. */
  isEnabled(options?: CallOptions): Promise<boolean>;
  enable(options?: CallOptions): Promise<void>;
  disable(options?: CallOptions): Promise<void>;
  users(options?: CallOptions): Promise<readonly string[]>;
  /** Null where there is no such user. */
  rolesOf(user: string, options?: CallOptions): Promise<readonly string[] | null>;
  /** Without a password: only a certificate with this CN makes somebody this user. */
  addUser(user: string, options?: CallOptions): Promise<void>;
  addRole(role: string, options?: CallOptions): Promise<void>;
  /** Null where there is no such role. */
  permissionsOf(role: string, options?: CallOptions): Promise<readonly Permission[] | null>;
  permit(role: string, permission: Permission, options?: CallOptions): Promise<void>;
  grant(user: string, role: string, options?: CallOptions): Promise<void>;
  close(): void;
}

const kinds = { Read: 'read', Write: 'write', Readwrite: 'readwrite' } as const;
const wireKinds = { read: 'Read', write: 'Write', readwrite: 'Readwrite' } as const;

/** Connects at the first call; the caller owns it. */
export function openUserAdmin(url: string, options: ConnectionOptions): UserAdmin {
  const connection = new Connection(url, options);
  const ask = <T>(rpc: Rpc<T>, bounds?: CallOptions) => connection.quorum(rpc, bounds);
  return {
    url,
    isEnabled: (bounds) => isEnabled(connection, bounds),
    async enable(bounds) {
      await ask(({ auth }, call) => auth.authEnable(call), bounds);
    },
    async disable(bounds) {
      await ask(({ auth }, call) => auth.authDisable(call), bounds);
    },
    async users(bounds) {
      return (await ask(({ auth }, call) => auth.userList(call), bounds)).users;
    },
    async rolesOf(name, bounds) {
      const asked = ask(({ auth }, call) => auth.userGet({ name }, call), bounds);
      const found = await orMissing(asked, 'user name not found');
      return found?.roles ?? null;
    },
    async addUser(name, bounds) {
      const request = { name, options: { no_password: true } };
      await ask(({ auth }, call) => auth.userAdd(request, call), bounds);
    },
    async addRole(name, bounds) {
      await ask(({ auth }, call) => auth.roleAdd({ name }, call), bounds);
    },
    async permissionsOf(role, bounds) {
      const asked = ask(({ auth }, call) => auth.roleGet({ role }, call), bounds);
      const found = await orMissing(asked, 'role name not found');
      const read = (one: NonNullable<typeof found>['perm'][number]) => {
        return { kind: kinds[one.permType], key: one.key, end: one.range_end };
      };
      return found === null ? null : found.perm.map(read);
    },
    async permit(name, { kind, key, end }, bounds) {
      const perm = { permType: wireKinds[kind], key, range_end: end };
      await ask(({ auth }, call) => auth.roleGrantPermission({ name, perm }, call), bounds);
    },
    async grant(user, role, bounds) {
      await ask(({ auth }, call) => auth.userGrantRole({ user, role }, call), bounds);
    },
    close: () => connection.close(),
  };
}

/**
 * etcd tells it to `root` alone, but a refusal tells it too. Before 3.5 it was not to be asked, and
 * somebody with no name tries to log in: only where users are demanded does etcd look who he is.
 */
async function isEnabled(connection: Connection, bounds?: CallOptions): Promise<boolean> {
  try {
    return (await connection.quorum(({ auth }, call) => auth.authStatus(call), bounds)).enabled;
  } catch (problem) {
    if (isForUsers(toEtcdFault(problem))) return true;
    if (!textOf(problem).includes('unknown method')) throw problem;
  }
  const nobody = { name: 'e2d asks whether users are demanded', password: '-' };
  try {
    await connection.quorum(({ auth }, call) => auth.authenticate(nobody, call), bounds);
    return true;
  } catch (problem) {
    if (textOf(problem).includes('authentication is not enabled')) return false;
    if (textOf(problem).includes('authentication failed')) return true;
    throw problem;
  }
}

/** Null where etcd has answered that there is none. */
async function orMissing<T>(asked: Promise<T>, missing: string): Promise<T | null> {
  try {
    return await asked;
  } catch (problem) {
    if (problem instanceof EtcdFault && problem.message.includes(missing)) return null;
    throw problem;
  }
}
