import type { RuleId } from '../../machines/rules.ts';
import { etcdGuards } from './etcd-guards.ts';
import type { Guard } from './guard.ts';
import { lifecycleGuards } from './lifecycle-guards.ts';
import { membershipGuards } from './membership-guards.ts';
import { nodeGuards } from './node-guards.ts';
import { planGuards } from './plan-guards.ts';
import { secretGuards } from './secret-guards.ts';

/** Every guard that is taken out to see whether a test notices. */
export const guards: readonly Guard[] = [
  ...lifecycleGuards,
  ...planGuards,
  ...membershipGuards,
  ...nodeGuards,
  ...etcdGuards,
  ...secretGuards,
];

/** Rules that no code enforces yet, and why. */
export const rulesWithoutGuards: Partial<Record<RuleId, string>> = {
  S5: 'Nothing restores a snapshot yet.',
  S6: 'Nothing writes to a store yet.',
  S15: 'Nothing recovers a cluster that lost its quorum for good yet: it waits.',
  S19: 'Nothing writes to a store yet, so there is no trouble with one.',
};
