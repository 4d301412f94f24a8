import { ownReasonOf } from '../../../machines/node/reason-of.ts';
import type { DriverEntry } from '../../node/driver.ts';
import type { Life } from '../life.ts';
import type { Checker, Violation } from './checker.ts';

const observers = [
  'observePeers',
  'observeLoop',
  'surveyCluster',
  'observeStore',
  'observeCertificates',
  'surveySuccessor',
  'observeEtcd',
  'observeMembers',
  'watchEtcd',
];
/** What is shorter says nothing. */
const shortestSentence = 11;

/** No effect begins without a rule and a sentence that say why. */
export class Reasons implements Checker {
  readonly violations: Violation[] = [];

  stepped({ machine }: Life, { effects }: DriverEntry): void {
    for (const effect of effects) {
      if (effect.kind !== 'start') continue;
      if (observers.includes(effect.src)) continue;
      const { sentence: why = '' } = ownReasonOf(effect) ?? {};
      if (why.length >= shortestSentence) continue;
      const sentence = `${machine.name} began ${effect.id} without a reason`;
      this.violations.push({ rule: 'reason', sentence, atMs: machine.world.time.nowMs() });
    }
  }
}
