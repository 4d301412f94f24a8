import { describe, expect, test } from 'vitest';
import { keysOf } from '../../../src/playground/keys.ts';

const esc = '\u001b';

describe('keys', () => {
  test.each([
    ['3', { kind: 'select', index: 2 }],
    [`${esc}[A`, { kind: 'move', by: -1 }],
    [`${esc}OB`, { kind: 'move', by: 1 }],
    ['k', { kind: 'hurt', deed: 'kill-etcd' }],
    ['K', { kind: 'hurt', deed: 'kill-e2d' }],
    ['w', { kind: 'hurt', deed: 'wipe' }],
    ['?', { kind: 'help' }],
    ['q', { kind: 'quit' }],
    ['\u0003', { kind: 'quit' }],
    ['0', { kind: 'other' }],
    [esc, { kind: 'other' }],
    [`${esc}[5~`, { kind: 'other' }],
  ])('%j', (text, key) => {
    expect(keysOf(text)).toEqual([key]);
  });

  test('come several at once', () => {
    expect(keysOf(`2${esc}[Bp${esc}[Aq`).map(({ kind }) => kind)).toEqual([
      'select',
      'move',
      'hurt',
      'move',
      'quit',
    ]);
  });

  test('a sequence that was cut short takes nothing else with it but itself', () => {
    expect(keysOf(`q${esc}[`).map(({ kind }) => kind)).toEqual(['quit', 'other']);
  });
});
