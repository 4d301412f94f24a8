import { E2dError } from '../../errors/e2d-error.ts';
import { volatilePrefix } from '../../etcd/membership/keys.ts';
import { addUser } from '../../etcd/users/add-user.ts';
import { haveKeysInCommon } from '../../etcd/users/key-range.ts';
import type { Invocation } from '../command.ts';
import { withUsersOf } from '../etcd-as-e2d.ts';
import { badUser } from '../issue-user.ts';
import { refuseBadFlags } from '../own-flags.ts';
import { inSession } from '../snapshot-session.ts';

/** `backup` is kept as the seed kept it; `e2d` is the name of e2d's own role. */
const taken = new Set(['', 'root', 'backup', 'e2d']);

export async function run(invocation: Invocation): Promise<number> {
  refuseBadFlags(invocation);
  const [user = '', prefix = ''] = invocation.args;
  if (taken.has(user) || /\p{Cc}/u.test(user)) throw badUser(user);
  if (prefix === '') {
    throw new E2dError('bad etcd prefix: ', { code: 'E2D_BAD_USER', exit: 2 });
  }
  if (haveKeysInCommon(prefix, volatilePrefix)) {
    const { terminal } = invocation;
    terminal.err(
      `Warning: ${user} may write e2d’s own keys, those that begin ${volatilePrefix}.\n`,
    );
  }
  return inSession(invocation, (session) =>
    withUsersOf(invocation, session, async ({ admin, bounds }) => {
      await addUser(admin, { user, prefix }, bounds);
      return 0;
    }),
  );
}
