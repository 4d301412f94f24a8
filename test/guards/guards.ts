import type { RuleId } from '../../machines/rules.ts';
import { etcdGuards } from './etcd-guards.ts';
import type { Guard } from './guard.ts';
import { lifecycleGuards } from './lifecycle-guards.ts';
import { membershipGuards } from './membership-guards.ts';
import { nodeGuards } from './node-guards.ts';
import { planGuards } from './plan-guards.ts';
import { restartGuards } from './restart-guards.ts';
import { restoreGuards } from './restore-guards.ts';
import { secretGuards } from './secret-guards.ts';

/** Every guard that is taken out to see whether a test notices. */
export const guards: readonly Guard[] = [
  ...lifecycleGuards,
  ...planGuards,
  ...restartGuards,
  ...restoreGuards,
  ...membershipGuards,
  ...nodeGuards,
  ...etcdGuards,
  ...secretGuards,
];

/** Rules that no code enforces yet, and why. */
export const rulesWithoutGuards: Partial<Record<RuleId, string>> = {};
