import { describe, expect, test } from 'vitest';
import type { StatusReport } from '../../../machines/status-report.ts';
import {
  recoverableLineage,
  refuseOtherLineage,
  restoreModeOf,
} from '../../../src/cli/restore-refusals.ts';
import { degraded, surveying } from './status-example.ts';

const awaiting = (rule: 'S1' | 'S2' | 'S4' | 'S6' | 'S8'): StatusReport => ({
  ...surveying,
  node: { ...surveying.node, state: 'active.deciding.awaitingOperator' },
  waitingFor: { rule, sentence: 'the policy is manual', command: null },
});
const lost: StatusReport = { ...degraded, quorum: { state: 'lost', sinceMs: 1 } };

describe('e2d restore', () => {
  test.each(['S1', 'S2', 'S4', 'S6'] as const)('approves what waits by %s', (rule) => {
    expect(restoreModeOf(awaiting(rule))).toBe('approve');
  });

  test('has a cluster with quorum go back', () => {
    expect(restoreModeOf(degraded)).toBe('goBack');
  });

  test('points to e2d recover where quorum is lost', () => {
    expect(() => restoreModeOf(lost)).toThrow(
      expect.objectContaining({
        code: 'E2D_RESTORE_REFUSED',
        remedy: expect.stringContaining('"e2d recover"'),
      }),
    );
  });

  test.each([
    ['waits for something else', awaiting('S8'), 'it waits: the policy is manual'],
    ['is about to decide', { ...surveying, waitingFor: null }, 'it is surveying'],
  ])('is refused while the node %s', (_, report, why) => {
    expect(() => restoreModeOf(report)).toThrow(`can restore nothing now: ${why}`);
  });
});

describe('e2d recover', () => {
  test('gives up the lineage of a cluster without quorum', () => {
    expect(recoverableLineage(lost)).toBe('l-1');
  });

  test('points to e2d restore while quorum is held', () => {
    expect(() => recoverableLineage(degraded)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('has quorum'),
        remedy: expect.stringContaining('"e2d restore ID"'),
      }),
    );
  });

  test('is refused where no cluster is known', () => {
    expect(() => recoverableLineage(surveying)).toThrow('knows of no cluster');
  });
});

test('a lineage that is not the cluster’s is refused', () => {
  refuseOtherLineage('l-1', 'l-1');
  expect(() => refuseOtherLineage('l-2', 'l-1')).toThrow(/--lineage l-2 .* of lineage l-1/);
});
