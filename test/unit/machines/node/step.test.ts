import { expect, test } from 'vitest';
import {
  checkpointOf,
  firstStep,
  type NodeSnapshot,
  nextStep,
  type StepEffect,
  snapshotOf,
} from '../../../../machines/node/step.ts';
import { settings } from '../../../support/builders.ts';
import { observed, prepared, probed, settledVoter } from '../../../support/chart-run.ts';

const eventsAfter = [
  probed({ linearizable: { code: 'deadline', message: 'no answer' } }),
  observed(5_000, { members: [], statuses: {} }),
  { type: 'etcd.exited', atMs: 6_000, reason: { kind: 'crashed', sentence: 'it crashed' } },
  { type: 'operator.stop.requested' },
];

function fold(snapshot: NodeSnapshot): readonly unknown[] {
  let current = snapshot;
  return eventsAfter.map((event) => {
    const step = nextStep(current, event);
    current = step.snapshot;
    return { value: current.value, context: current.context, effects: step.effects };
  });
}

test('a chart goes on from a checkpoint as it would have gone on itself', () => {
  const { snapshot } = settledVoter();
  const restored = snapshotOf(JSON.parse(JSON.stringify(checkpointOf(snapshot))));
  expect(restored.value).toEqual(snapshot.value);
  expect([...restored.tags]).toEqual([...snapshot.tags]);
  expect(fold(restored)).toEqual(fold(snapshot));
});

test('a checkpoint of a state that the chart does not have is refused', () => {
  const checkpoint = checkpointOf(settledVoter().snapshot);
  expect(() => snapshotOf({ ...checkpoint, value: { active: 'elsewhere' } })).toThrow('elsewhere');
});

test('the effects of a step are plain data, with the reason they are asked for', () => {
  const first = firstStep(settings());
  const [start] = first.effects;
  expect(start).toMatchObject({ kind: 'start', id: 'prepare', src: 'prepare' });
  expect(start).toHaveProperty('input.reason.rule', 'S18');
  const done = { type: 'xstate.done.actor.prepare', output: prepared(), actorId: 'prepare' };
  const { effects } = nextStep(first.snapshot, done);
  expect(JSON.parse(JSON.stringify(effects))).toEqual(effects);
  expect(effects.map(({ kind }: StepEffect) => kind)).toContain('schedule');
});
