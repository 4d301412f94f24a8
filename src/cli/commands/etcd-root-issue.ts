import { rootUser } from '../../etcd/users/ensure-users.ts';
import type { Invocation } from '../command.ts';
import { issueAndTell } from '../issue-user.ts';
import { refuseBadFlags } from '../own-flags.ts';

const twoHoursMs = 2 * 3_600_000;

export async function run(invocation: Invocation): Promise<number> {
  refuseBadFlags(invocation);
  return issueAndTell(rootUser, twoHoursMs, invocation);
}
