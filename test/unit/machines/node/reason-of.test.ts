import { expect, test } from 'vitest';
import { ownReasonOf, reasonOf } from '../../../../machines/node/reason-of.ts';

const reason = { rule: 'S9', sentence: 'this node has its data' };
const foreign = { rule: 'S99', sentence: 'another version had its reason' };

test('an effect has the reason of its input', () => {
  expect(reasonOf({ kind: 'start', input: { name: 'a', reason } })).toEqual(reason);
  expect(ownReasonOf({ kind: 'start', input: { name: 'a', reason } })).toEqual(reason);
});

test('a rule of another version is no rule of this one', () => {
  expect(reasonOf({ kind: 'start', input: { reason: foreign } })).toEqual(foreign);
  expect(ownReasonOf({ kind: 'start', input: { reason: foreign } })).toBeNull();
});

test.each([
  { kind: 'start', input: null },
  { kind: 'start', input: 'S9' },
  { kind: 'start', input: { reason: 'S9' } },
  { kind: 'start', input: { reason: { rule: 'S9' } } },
  { kind: 'start', input: { reason: { rule: 9, sentence: 'of a number' } } },
  { kind: 'start' },
  { kind: 'stop', input: { reason } },
])('%j has none', (effect) => {
  expect(reasonOf(effect)).toBeNull();
  expect(ownReasonOf(effect)).toBeNull();
});
