import { describe, expect, test } from 'vitest';
import { failureLines, faultLines } from '../../../src/simulation/report-failure.ts';
import { broken, scriptedResult } from './scripted-result.ts';

describe('what is told of a seed that fails', () => {
  const failed = scriptedResult({
    seed: 41,
    size: 5,
    violations: [broken('S11', 'member 1a: the member is well'), broken('liveness', 'n2 hangs')],
    tail: ['   1.000s n1 one', '   2.000s n2 two'],
  });

  test('is the seed, each rule, the last transitions, and the command to see it again', () => {
    expect(failureLines(failed)).toEqual([
      'Seed 41 (5 nodes) fails:',
      '  S11 at 12.3s: member 1a: the member is well',
      '  liveness at 12.3s: n2 hangs',
      'The last transitions:',
      '     1.000s n1 one',
      '     2.000s n2 two',
      'Reproduce it: npm run simulate -- --seed 41',
    ]);
  });

  test('has one line for each fault, in columns', () => {
    const lines = faultLines([
      { kind: 'pause-e2d', atMs: 1_250, forMs: 500, machines: [0], strength: 0.5 },
      { kind: 'message-duplication', atMs: 149_000, forMs: 60_000, machines: [2, 1], strength: 0 },
    ]);
    expect(lines).toEqual([
      '     1.3s for   0.5s  pause-e2d            0.50  n1',
      '   149.0s for  60.0s  message-duplication  0.00  n3, n2',
    ]);
  });

  test('has none where there was no fault', () => {
    expect(faultLines([])).toEqual([]);
  });
});
