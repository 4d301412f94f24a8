import type { Decision } from '../../../machines/lifecycle/decision.ts';
import type { Step, StepEffect } from '../../../machines/node/step.ts';
import { statePath } from '../../../machines/state-path.ts';

/** What a node does at one moment: what is compared between two configurations. */
export interface Conduct {
  readonly state: string;
  readonly decision: Decision | null;
  readonly effects: readonly StepEffect[];
}

export function conductOf({ snapshot, effects }: Step): Conduct {
  return { state: statePath(snapshot.value), decision: snapshot.context.decision, effects };
}

/**
 * Whether two conducts come to the same: state, decision and effects. Texts and time-outs differ
 * with the configuration, and what an effect is told of the settings does too.
 */
export function areAlike(a: Conduct, b: Conduct): boolean {
  if (a.state !== b.state || a.effects.length !== b.effects.length) return false;
  return (
    decisionKey(a.decision) === decisionKey(b.decision) &&
    a.effects.every((effect, index) => effectKey(effect) === effectKey(b.effects[index]))
  );
}

function decisionKey(decision: Decision | null): string {
  if (decision === null) return '';
  const { kind, rule } = decision;
  const way = kind === 'act' ? `${decision.path} ${decision.moveAside ?? ''}` : '';
  return `${kind} ${rule} ${way}`;
}

const ofSettings = new Set(['policy', 'requiredSize', 'graceMs', 'sentence']);

function effectKey(effect: StepEffect | undefined): string {
  if (effect?.kind !== 'start') return `${effect?.kind} ${effect?.id}`;
  const input = JSON.stringify(effect.input, (key, value) =>
    ofSettings.has(key) ? undefined : value,
  );
  return `start ${effect.id} ${effect.src} ${input}`;
}
