import { describe, expect, test } from 'vitest';
import type { SnapshotReport, StatusReport } from '../../../machines/status-report.ts';
import { metricsText } from '../../../src/cli/metrics-text.ts';
import { degraded, surveying } from './status-example.ts';

/** The samples alone, by name with labels. */
function samples(report: StatusReport | null): Readonly<Record<string, number>> {
  const lines = metricsText(report)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const cut = line.lastIndexOf(' ');
      return [line.slice(0, cut), Number(line.slice(cut + 1))];
    }),
  );
}

const known = degraded.snapshots as SnapshotReport;
const withSnapshots = (over: Partial<SnapshotReport>) =>
  samples({ ...degraded, snapshots: { ...known, ...over } });

describe('the metrics', () => {
  test('of an e2d that does not answer', () => {
    expect(metricsText(null)).toBe(
      '# HELP e2d_up Whether the e2d on this machine answers.\n# TYPE e2d_up gauge\ne2d_up 0\n',
    );
  });

  test('of a node that leads no snapshots, and has no store', () => {
    const found = samples(surveying);
    expect(found).toMatchObject({ e2d_up: 1, e2d_waiting: 1, e2d_warnings: 0 });
    expect(found['e2d_quorum{state="unknown"}']).toBe(1);
    expect(Object.keys(found).filter((name) => /snapshot|members/.test(name))).toEqual([]);
  });

  test('of a node and its cluster', () => {
    expect(samples(degraded)).toMatchObject({
      e2d_up: 1,
      'e2d_info{node="m1",version="0.1.0",cluster="cdf818194e3a8c32",lineage="l-1"}': 1,
      'e2d_state{state="running",path="restart-existing"}': 1,
      e2d_state_seconds: 5400.5,
      'e2d_quorum{state="held"}': 1,
      'e2d_quorum{state="lost"}': 0,
      e2d_leader: 0,
      e2d_required_cluster_size: 3,
      'e2d_members{role="voter"}': 2,
      'e2d_members{role="learner"}': 1,
      'e2d_members_healthy{role="voter"}': 2,
      'e2d_members_healthy{role="learner"}': 0,
      e2d_safe_to_stop_one: 0,
      e2d_warnings: 1,
    });
  });

  test('of snapshots and their proofs', () => {
    const own = degraded.members[0]?.id ?? null;
    const report = { ...degraded, etcd: { ...degraded.etcd, memberId: own } };
    expect(samples(report)).toMatchObject({
      'e2d_snapshot_state{state="resting"}': 1,
      'e2d_snapshot_state{state="failing"}': 0,
      e2d_snapshot_failures: 0,
      e2d_snapshot_last_age_seconds: 42.4,
      e2d_snapshot_last_revision: 4700,
      e2d_snapshot_last_bytes: 3_145_728,
      e2d_snapshot_behind_revisions: 11,
      e2d_snapshot_retention_refused: 0,
      e2d_snapshot_proven_age_seconds: 21_600,
      e2d_snapshot_proven_rto_seconds: 12.3,
      e2d_snapshot_proof_failed: 0,
      e2d_snapshot_proof_overdue: 0,
    });
  });

  test('tell no age of a proof that failed', () => {
    const proof = known.proof && { ...known.proof, outcome: 'failed' as const };
    const found = withSnapshots({ proof, proofOverdue: true });
    expect(found).toMatchObject({ e2d_snapshot_proof_failed: 1, e2d_snapshot_proof_overdue: 1 });
    expect(Object.keys(found).filter((name) => name.includes('proven'))).toEqual([]);
  });

  test('tell the state alone where another node takes the snapshots', () => {
    const found = withSnapshots({ state: 'idle' });
    const names = Object.keys(found).filter((name) => name.includes('snapshot'));
    expect(names.every((name) => name.startsWith('e2d_snapshot_state{'))).toBe(true);
    expect(found['e2d_snapshot_state{state="idle"}']).toBe(1);
  });

  test('keep to the format, whatever a node is called', () => {
    const node = { ...degraded.node, name: 'a"b\\c\nd' };
    const text = metricsText({ ...degraded, node });
    expect(text).toContain('node="a\\"b\\\\c\\nd"');
    const line =
      /^(# (HELP|TYPE) e2d_\w+ .+|e2d_\w+(\{(\w+="(\\.|[^"\\])*",?)+\})? -?\d+(\.\d+)?)$/;
    expect(
      text
        .trimEnd()
        .split('\n')
        .filter((one) => !line.test(one)),
    ).toEqual([]);
    expect(text.endsWith('\n')).toBe(true);
  });
});
