import type { NodeContext } from '../../machines/node/context.ts';
import type { NodeSnapshot } from '../../machines/node/step.ts';
import { healthyVoters, votersOf } from '../../machines/quorum.ts';
import type { WaitReport } from '../../machines/status-report.ts';

/** What a node cannot go on without, and the rule that says so; null while it goes on. */
export function waitingFor(snapshot: NodeSnapshot): WaitReport | null {
  return (
    undecided(snapshot) ??
    unplanned(snapshot) ??
    unrestored(snapshot) ??
    refused(snapshot) ??
    failing(snapshot) ??
    withoutQuorum(snapshot) ??
    withoutEtcd(snapshot) ??
    withoutVote(snapshot) ??
    stuck(snapshot)
  );
}

function undecided({ context: { decision }, tags }: NodeSnapshot): WaitReport | null {
  if (!tags.has('deciding') || decision === null || decision.kind === 'act') return null;
  const command = decision.kind === 'ask' ? decision.command : null;
  return { rule: decision.rule, sentence: decision.reason, command };
}

function unplanned({ context }: NodeSnapshot): WaitReport | null {
  const { planStep, launch, path } = context;
  if (planStep?.kind !== 'wait' || launch !== null || path !== 'bootstrap-new') return null;
  return { rule: 'S7', sentence: planStep.reason, command: null };
}

/** In the middle of a restore: for another node's word, or after a step that failed. */
function unrestored(snapshot: NodeSnapshot): WaitReport | null {
  const { planStep, fault } = snapshot.context;
  if (snapshot.matches({ active: { restoringFromSnapshot: 'faltering' } })) {
    const sentence = `a step of the restore failed, and is tried again: ${fault?.message ?? 'nothing is known of why'}`;
    return { rule: 'S4', sentence, command: null };
  }
  const isAgreeing = snapshot.matches({ active: { restoringFromSnapshot: 'agreeing' } });
  if (!isAgreeing || planStep?.kind !== 'wait') return null;
  return { rule: 'S4', sentence: planStep.reason, command: null };
}

function refused({ context: { lastChange }, tags }: NodeSnapshot): WaitReport | null {
  if (lastChange?.kind !== 'refused') return null;
  if (!tags.has('waitsForOperator') && !tags.has('seeksAdmission')) return null;
  const { rule, sentence } = lastChange.refusal;
  const command = rule === 'S14' ? 'raise --max-removals-per-hour, or wait an hour' : null;
  return { rule, sentence, command };
}

function failing({ context: { lastChange, decision }, tags }: NodeSnapshot): WaitReport | null {
  if (lastChange?.kind !== 'failed' || decision === null) return null;
  if (!tags.has('seeksAdmission')) return null;
  const sentence = `${decision.reason}; the last attempt failed: ${lastChange.fault.message}`;
  return { rule: decision.rule, sentence, command: null };
}

function withoutQuorum(snapshot: NodeSnapshot): WaitReport | null {
  if (!snapshot.matches({ active: { running: { quorum: 'lost' } } })) return null;
  const sentence = `quorum is lost${votersAnswering(snapshot.context)}: nothing is changed until a majority of the voters is back`;
  return { rule: 'S10', sentence, command: null };
}

function votersAnswering({ observation }: NodeContext): string {
  if (observation === null) return '';
  const { members, statuses } = observation;
  const healthy = healthyVoters(members, statuses).length;
  return ` (${healthy} of ${votersOf(members).length} voters answer)`;
}

function withoutEtcd(snapshot: NodeSnapshot): WaitReport | null {
  const { lastExit, failedStarts } = snapshot.context;
  const isDown = (['backingOff', 'obstructed'] as const).some((etcd) =>
    snapshot.matches({ active: { running: { etcd } } }),
  );
  if (!isDown || lastExit === null) return null;
  const sentence = `etcd does not stay up (${failedStarts} times: ${lastExit.sentence}): it is started again after a pause`;
  return { rule: 'S9', sentence, command: null };
}

function withoutVote(snapshot: NodeSnapshot): WaitReport | null {
  const isLearner = (['learning', 'waitingToPromote'] as const).some((standing) =>
    snapshot.matches({ active: { running: { standing } } }),
  );
  if (!isLearner) return null;
  const { learnerLagMaxEntries } = snapshot.context.settings.policy;
  const sentence = `this learner votes once the members say that it has stayed within ${learnerLagMaxEntries} entries of their leader`;
  return { rule: 'S13', sentence, command: null };
}

function stuck({ context: { lastExit }, tags }: NodeSnapshot): WaitReport | null {
  if (!tags.has('waitsForOperator')) return null;
  return {
    rule: null,
    sentence: lastExit?.sentence ?? 'etcd cannot be started as it is',
    command: 'mend what the sentence says, then start e2d again',
  };
}
