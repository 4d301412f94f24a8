import { rootUser } from '../../etcd/users/ensure-users.ts';
import type { Invocation } from '../command.ts';
import { badUser, issueAndTell } from '../issue-user.ts';
import { ownFlag, refuseBadFlags } from '../own-flags.ts';

/** Does not ask whether there is such a user: etcd may be away, and the user be added later. */
export async function run(invocation: Invocation): Promise<number> {
  refuseBadFlags(invocation);
  const user = invocation.argument ?? '';
  if (user === rootUser) {
    throw badUser(user, '"e2d etcd root-issue" issues one for root, for two hours.');
  }
  return issueAndTell(user, Number(ownFlag('ttl', invocation)), invocation);
}
