import type { BackupFacts } from '../../machines/node/context.ts';
import type { NodeSnapshot } from '../../machines/node/step.ts';
import type { ProofReport, SnapshotReport } from '../../machines/status-report.ts';
import { formatDuration } from '../config/durations.ts';
import type { Clock } from './clock.ts';

type AgeClock = Pick<Clock, 'nowMs' | 'wallTime'>;

const states = ['resting', 'taking', 'taken', 'thinning', 'failing'] as const;

/** What the chart knows of snapshots, as of now; null where no store is configured. */
export function snapshotReport(snapshot: NodeSnapshot, clock: AgeClock): SnapshotReport | null {
  const { settings, backup } = snapshot.context;
  if (settings.snapshots === null) return null;
  const { verifyIntervalMs } = settings.snapshots;
  const { last, failures, fault, thinning, proofFault } = backup;
  const state =
    states.find((one) => snapshot.matches({ active: { running: { backup: one } } })) ?? 'idle';
  const ageMs = (atMs: number) => Math.max(0, clock.nowMs() - atMs);
  const proof = proofReport(backup, clock);
  return {
    state,
    last: last && {
      id: last.id,
      revision: last.revision,
      storedBytes: last.storedBytes,
      ageMs: ageMs(last.atMs),
    },
    failures,
    fault: fault?.message ?? null,
    retention: thinning && {
      kept: thinning.kept,
      removed: thinning.removed,
      refusal: thinning.refusal,
      ageMs: ageMs(thinning.atMs),
    },
    proof,
    proofFault: proofFault?.message ?? null,
    verifyIntervalMs,
    // Only who leads keeps its knowledge of proofs fresh.
    proofOverdue:
      state !== 'idle' &&
      proof !== null &&
      verifyIntervalMs !== null &&
      proof.ageMs > 2 * verifyIntervalMs,
  };
}

function proofReport({ proof }: BackupFacts, clock: AgeClock): ProofReport | null {
  if (proof === null) return null;
  const { snapshotId, outcome, sentence, provenAt, rtoMs } = proof;
  const ageMs = Math.max(0, clock.wallTime().getTime() - Date.parse(provenAt));
  const rtoSeconds = rtoMs === null ? null : rtoMs / 1000;
  return { snapshotId, outcome, sentence, provenAt, ageMs, rtoSeconds };
}

/** Sentences that an operator should read; none from a node that leaves snapshots to another. */
export function snapshotWarnings(report: SnapshotReport | null): readonly string[] {
  if (report === null || report.state === 'idle') return [];
  const { failures, fault, proof, proofFault, retention, verifyIntervalMs } = report;
  const warnings: string[] = [];
  if (failures > 0) {
    const times = failures === 1 ? 'the latest snapshot' : `the latest ${failures} snapshots`;
    warnings.push(`${times} failed; the cluster goes on without (rule S19): ${fault ?? 'unknown'}`);
  }
  if (proof?.outcome === 'failed') {
    warnings.push(`snapshot ${proof.snapshotId} could not be proven: ${proof.sentence}`);
  }
  if (report.proofOverdue && proof !== null && verifyIntervalMs !== null) {
    warnings.push(
      `the latest proof of a snapshot is ${wholeSeconds(proof.ageMs)} old, more than twice the ` +
        `${formatDuration(verifyIntervalMs)} of --snapshot-verify-interval`,
    );
  }
  if (proofFault !== null) warnings.push(`no snapshot could be put to the proof: ${proofFault}`);
  if (retention !== null && retention.refusal !== null) {
    warnings.push(`retention removed no snapshot: ${retention.refusal}`);
  }
  return warnings;
}

function wholeSeconds(durationMs: number): string {
  return formatDuration(Math.floor(durationMs / 1000) * 1000);
}
