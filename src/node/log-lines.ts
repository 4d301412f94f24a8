import { reasonOf } from '../../machines/node/reason-of.ts';
import { statePath } from '../../machines/state-path.ts';
import type { Log } from '../log/create-log.ts';
import type { DriverEntry } from './driver.ts';

/** Turns steps of the chart into lines for a person: one for each decision, state and effect. */
export function logSteps(log: Log): (entry: DriverEntry) => void {
  let state = '';
  let decision = '';
  return ({ event, snapshot, effects }) => {
    const { context, value } = snapshot;
    const decided = context.decision;
    const said = decided === null ? '' : `${decided.kind} ${decided.rule} ${decided.reason}`;
    // A refusal is the node's last word, and is said once: by the error that ends it.
    if (decided !== null && decided.kind !== 'refuse' && said !== decision) {
      const { kind, rule, reason, facts } = decided;
      const path = kind === 'act' ? { path: decided.path } : {};
      const level = kind === 'ask' ? 'warn' : 'info';
      log[level]({ rule, decision: kind, ...path, facts }, sentence(reason));
    }
    decision = said;
    const next = statePath(value);
    if (next !== state) log.info({ from: state, to: next, event: event.type }, 'State changed.');
    state = next;
    for (const effect of effects) {
      const why = reasonOf(effect);
      if (why === null) continue;
      log.info({ effect: effect.id, rule: why.rule, reason: why.sentence }, 'Effect begins.');
    }
    if (event.type === 'etcd.exited' && context.lastExit) {
      log.warn({ kind: context.lastExit.kind }, sentence(context.lastExit.sentence));
    }
    if (event.type.startsWith('xstate.error.actor.')) {
      log.warn({ effect: event['actorId'], fault: event['error'] }, 'Effect failed.');
    }
    const outcome = changeIn(event['output']);
    if (outcome) log.info({ effect: event['actorId'], outcome }, 'Membership change came out.');
  };
}

function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return capital.endsWith('.') ? capital : `${capital}.`;
}

function changeIn(output: unknown): unknown {
  const isOutcome =
    typeof output === 'object' &&
    output !== null &&
    'kind' in output &&
    ['done', 'refused', 'busy', 'failed'].includes(String(output.kind));
  return isOutcome ? output : null;
}
