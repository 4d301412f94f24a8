import { badConfig } from '../../config/bad-config.ts';
import { createEtcdEndpoint } from '../../etcd/client/create-endpoint.ts';
import { hasJsonGateway } from '../../etcd/client/json-gateway.ts';
import { readE2dUsers } from '../../etcd/users/e2d-users.ts';
import { enableAuth } from '../../etcd/users/enable-auth.ts';
import type { Invocation } from '../command.ts';
import { type EtcdAsUser, withUsersOf } from '../etcd-as-e2d.ts';
import { helpOf, isOn, refuseBadFlags } from '../own-flags.ts';
import { inSession } from '../snapshot-session.ts';
import { table } from '../table.ts';

export async function run(invocation: Invocation): Promise<number> {
  refuseBadFlags(invocation);
  const moreUsers = invocation.flags.given
    .filter(({ option }) => option === 'e2d-user')
    .map(({ text }) => text);
  if (moreUsers.length > 0 && invocation.argument !== 'enable') {
    const problems = ['--e2d-user is for "e2d etcd auth enable" alone.'];
    throw badConfig({ problems, warnings: [] }, helpOf(invocation.command));
  }
  const work = { enable, disable, status }[invocation.argument ?? ''] ?? status;
  return inSession(invocation, (session) =>
    withUsersOf(invocation, session, async (etcd) => {
      const { text, ...told } = await work(etcd, { invocation, moreUsers });
      const { terminal } = invocation;
      terminal.out(isOn('json', invocation) ? `${JSON.stringify(told, null, 2)}\n` : text);
      return 0;
    }),
  );
}

interface Asked {
  readonly invocation: Invocation;
  readonly moreUsers: readonly string[];
}

async function enable(etcd: EtcdAsUser, { invocation, moreUsers }: Asked) {
  const { tls, endpoint, admin, ownUser, bounds } = etcd;
  const { certificate: _, key: __, ...stranger } = tls;
  const enabled = await enableAuth({
    ...{ endpoint, admin, ownUser, moreUsers, bounds },
    asE2d: (url) => createEtcdEndpoint(url, { tls }),
    asStranger: (url) => createEtcdEndpoint(url, { tls: stranger }),
    hasJsonGateway: (url) => hasJsonGateway(url, tls, bounds),
    onStep: (sentence) => invocation.terminal.err(`${sentence}\n`),
  });
  const names = enabled.e2dUsers.map((user) => JSON.stringify(user)).join(', ');
  const already = enabled.wasEnabled ? ' already, and still does' : ' from now on';
  const text =
    `etcd answers its users only${already}.\n` +
    `e2d asks as ${names}: whoever holds such a certificate may do everything, as root may.\n`;
  return { ...enabled, enabled: true, text };
}

async function disable({ admin, bounds }: EtcdAsUser) {
  if (await admin.isEnabled(bounds)) await admin.disable(bounds);
  const text = 'etcd answers whoever its certificates let in. Its users and roles stay.\n';
  return { enabled: false, text };
}

async function status({ admin, endpoint, ownUser, bounds }: EtcdAsUser) {
  const enabled = await admin.isEnabled(bounds);
  const names = await admin.users(bounds);
  const users = await Promise.all(
    names.map(async (user) => ({ user, roles: (await admin.rolesOf(user, bounds)) ?? [] })),
  );
  const known = await readE2dUsers(endpoint, bounds);
  const e2d = [...known].map(([memberId, entry]) => ({ memberId, ...entry }));
  const head = enabled
    ? 'etcd answers its users only.'
    : 'etcd answers whoever its certificates let in: users are not demanded.';
  const rows = users.map(({ user, roles }) => [user, roles.join(', ')]);
  const nodes = e2d.map(({ node, user }) => `e2d of ${node} asks as ${JSON.stringify(user)}.`);
  const lines = [head, ...(rows.length === 0 ? [] : table(['USER', 'ROLES'], rows)), ...nodes];
  const text = `${lines.join('\n')}\n`;
  return { enabled, ownUser, users, e2d, text };
}
