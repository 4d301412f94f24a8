import { beforeAll, expect, test } from 'vitest';
import type { StepEffect } from '../../../../machines/node/step.ts';
import type { DriverEntry } from '../../../../src/node/driver.ts';
import { Reasons } from '../../../../src/simulation/checkers/reasons.ts';
import type { Life } from '../../../../src/simulation/life.ts';
import { machineAt, settledWorld } from './run-world.ts';

const reason = { rule: 'S16', sentence: 'e2d was told to stop, and etcd with it' };

let life: Life;
let entry: DriverEntry;

beforeAll(async () => {
  const { world } = await settledWorld();
  const { life: alive } = machineAt(world, 0);
  const last = alive?.entries.at(-1);
  if (alive === null || last === undefined) throw new Error('n1 does not run');
  [life, entry] = [alive, last];
});

test('all effects of a cluster that forms have a reason', async () => {
  const checker = new Reasons();
  await settledWorld([checker]);
  expect(checker.violations).toEqual([]);
});

test.each<[string, unknown]>([
  ['no input', undefined],
  ['no reason', { graceMs: 10 }],
  ['a reason that is none', { reason: 'because' }],
  ['no rule', { reason: { sentence: reason.sentence } }],
  ['no sentence', { reason: { rule: 'S16' } }],
  ['a rule that there is not', { reason: { ...reason, rule: 'S99' } }],
  ['a sentence that says nothing', { reason: { ...reason, sentence: '-' } }],
])('an effect with %s is reported', (_, input) => {
  const effect: StepEffect = { kind: 'start', id: 'stop', src: 'stopEtcd', input };
  const checker = new Reasons();
  checker.stepped(life, { ...entry, effects: [effect] });
  expect(checker.violations).toEqual([
    { rule: 'reason', sentence: 'n1 began stop without a reason', atMs: 10_000 },
  ]);
});

test('observers, timers and ends need no reason, and an effect with one is clean', () => {
  const effects: readonly StepEffect[] = [
    { kind: 'start', id: 'a', src: 'stopEtcd', input: { reason } },
    { kind: 'start', id: 'b', src: 'observePeers', input: undefined },
    { kind: 'start', id: 'c', src: 'watchEtcd', input: { pid: 1 } },
    { kind: 'stop', id: 'd' },
    { kind: 'schedule', id: 'e', delayMs: 1, event: { type: 'later' } },
    { kind: 'cancel', id: 'f' },
  ];
  const checker = new Reasons();
  checker.stepped(life, { ...entry, effects });
  expect(checker.violations).toEqual([]);
});
