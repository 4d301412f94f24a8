import { rules } from '../../../machines/rules.ts';
import type { DriverEntry } from '../../node/driver.ts';
import type { Life } from '../life.ts';
import type { Checker, Violation } from './checker.ts';

const observers = ['observePeers', 'observeLoop', 'surveyCluster', 'observeEtcd', 'observeMembers'];

/** No effect begins without a rule and a sentence that say why. */
export class Reasons implements Checker {
  readonly violations: Violation[] = [];

  stepped({ machine }: Life, { effects }: DriverEntry): void {
    for (const effect of effects) {
      if (effect.kind !== 'start') continue;
      if (observers.includes(effect.src) || effect.src === 'watchEtcd') continue;
      if (hasReason(effect.input)) continue;
      const sentence = `${machine.name} began ${effect.id} without a reason`;
      this.violations.push({ rule: 'reason', sentence, atMs: machine.world.time.nowMs() });
    }
  }
}

function hasReason(input: unknown): boolean {
  if (typeof input !== 'object' || input === null || !('reason' in input)) return false;
  const { reason } = input;
  if (typeof reason !== 'object' || reason === null) return false;
  if (!('rule' in reason) || !('sentence' in reason)) return false;
  return String(reason.rule) in rules && String(reason.sentence).length > 10;
}
