import type { Fault, SnapshotProof, TakenSnapshot } from '../facts.ts';
import type { BackupFacts, NodeContext, Update } from './context.ts';
import type { ProofStanding, Thinning } from './effects.ts';

/** Named changes of what is known of snapshots. */
function known({ backup }: NodeContext, news: Partial<BackupFacts>): Update {
  return { backup: { ...backup, ...news } };
}

export function takeSnapshotTaken(context: NodeContext, last: TakenSnapshot): Update {
  return known(context, { last, failures: 0, fault: null });
}

export function takeSnapshotFault(context: NodeContext, fault: Fault): Update {
  return known(context, { fault, failures: context.backup.failures + 1 });
}

export function takeThinning(context: NodeContext, thinning: Thinning): Update {
  return known(context, { thinning, thinnedAtMs: thinning.atMs, failures: 0, fault: null });
}

/** The newest snapshot is to be proven once the latest proof is older than it may become. */
export function takeProofs(context: NodeContext, standing: ProofStanding): Update {
  const { latest, ageMs, newestId } = standing;
  const allowedMs = context.settings.snapshots?.verifyIntervalMs ?? null;
  const isDue = allowedMs !== null && (ageMs === null || ageMs >= allowedMs);
  return known(context, { proof: latest, toProve: isDue ? newestId : null, proofFault: null });
}

export function takeProof(context: NodeContext, proof: SnapshotProof): Update {
  return known(context, { proof, toProve: null, proofFault: null });
}

export function takeProofFault(context: NodeContext, proofFault: Fault): Update {
  return known(context, { proofFault });
}
