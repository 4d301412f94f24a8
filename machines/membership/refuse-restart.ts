import { healthyVoters, learnersOf, votersOf } from '../quorum.ts';
import type { Refusal } from '../rules.ts';
import type { ClusterEvidence } from './evidence.ts';
import { refuseWithoutMajority } from './refuse-change.ts';

/**
 * Says which rule forbids that a healthy member is restarted now, or null when every rule allows
 * it. The effect asks it under the lock, on evidence gathered afresh: no voter may be away beside
 * the one that restarts (S14).
 */
export function refuseRestart(evidence: ClusterEvidence): Refusal | null {
  return (
    refuseWithoutMajority(evidence) ?? refuseChangeUnderWay(evidence) ?? refuseBesideIll(evidence)
  );
}

function refuseChangeUnderWay({ members }: ClusterEvidence): Refusal | null {
  const learner = learnersOf(members)[0];
  if (learner === undefined) return null;
  return {
    rule: 'S14',
    sentence: `member ${learner.id} is a learner still, and a restart waits for it`,
  };
}

function refuseBesideIll({ members, statuses }: ClusterEvidence): Refusal | null {
  const healthy = healthyVoters(members, statuses);
  const ill = votersOf(members).find((voter) => !healthy.includes(voter));
  if (ill === undefined) return null;
  return {
    rule: 'S14',
    sentence: `member ${ill.id} is not healthy, and two would be away at once`,
  };
}
