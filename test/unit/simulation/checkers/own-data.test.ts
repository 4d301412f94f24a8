import { expect, test } from 'vitest';
import type { StepEffect } from '../../../../machines/node/step.ts';
import { OwnDataKept } from '../../../../src/simulation/checkers/own-data.ts';
import {
  answerOf,
  clientOf,
  holdE2d,
  machineAt,
  memberIdOf,
  settledWorld,
  type WorldRun,
} from './run-world.ts';

const move: StepEffect = { kind: 'start', id: 'move', src: 'moveDataAside', input: {} };

/** What is said when the first machine begins to do this. */
function judged({ world }: WorldRun, effect: StepEffect): readonly string[] {
  const life = machineAt(world, 0).lives.at(-1);
  const entry = life?.entries.at(-1);
  if (life === undefined || entry === undefined) throw new Error('n1 never ran');
  const checker = new OwnDataKept();
  checker.stepped(life, { ...entry, effects: [effect] });
  return checker.violations.map(({ rule, sentence }) => `${rule} ${sentence}`);
}

test('the data of a member that is moved aside is reported under S2', async () => {
  const run = await settledWorld();
  const memberId = memberIdOf(machineAt(run.world, 0));
  expect(judged(run, move)).toEqual([
    `S2 n1 moves its data aside, and is member ${memberId} still`,
  ]);
});

test('other effects, and the end of this one, are clean', async () => {
  const run = await settledWorld();
  expect(judged(run, { ...move, src: 'stopEtcd' })).toEqual([]);
  expect(judged(run, { kind: 'stop', id: 'move' })).toEqual([]);
});

test('data that cannot be read, or is not there, may be moved', async () => {
  const run = await settledWorld();
  machineAt(run.world, 0).disk.corrupt();
  expect(judged(run, move)).toEqual([]);
  machineAt(run.world, 0).disk.wipe();
  expect(judged(run, move)).toEqual([]);
});

test('the data of a member that was removed may be moved', async () => {
  const run = await settledWorld();
  holdE2d(run.world);
  const [gone, asked] = [machineAt(run.world, 0), machineAt(run.world, 1)];
  await answerOf(run, clientOf(run.world, asked).remove(memberIdOf(gone)));
  expect(judged(run, move)).toEqual([]);
});

test('a cluster that forms, loses a disk and has another one damaged moves no good data', async () => {
  const checker = new OwnDataKept();
  const run = await settledWorld([checker]);
  const damaged = machineAt(run.world, 1);
  const start = damaged.powerOff();
  damaged.disk.corrupt();
  start();
  await run.pass(20_000);
  expect(damaged.disk.aside).toHaveLength(1);
  expect(checker.violations).toEqual([]);
});
