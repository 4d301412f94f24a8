import type { Member } from '../../../machines/facts.ts';
import type { NodeContext } from '../../../machines/node/context.ts';
import type { ChangeOutcome } from '../../../machines/node/effects.ts';
import type { NodeSnapshot } from '../../../machines/node/step.ts';
import { memberAt } from '../../../machines/quorum.ts';
import type { Entry } from '../entry.ts';

const hourMs = 3_600_000;

/** How a recorded removal would have come out under another cap. */
export interface OtherOutcome {
  readonly outcome: ChangeOutcome;
  readonly because: string;
}

/**
 * The cap on removals (S14) is held by the effect, not by the chart: says of each recorded outcome
 * whether another cap would have changed it. It counts the removals of this run alone.
 */
export class RemovalCap {
  #doneAtMs: readonly number[] = [];

  judge(
    { event, atMs }: Entry,
    { context }: NodeSnapshot,
    recordedCap: number,
  ): OtherOutcome | null {
    const isReplacement = event.type === 'xstate.done.actor.replaceMember';
    if (!isReplacement && event.type !== 'xstate.done.actor.remove') return null;
    const cap = context.settings.policy.maxRemovalsPerHour;
    const { kind, memberId, rule } = readOutcome(event['output']);
    const members = isReplacement ? answeredMembers(context) : (context.observation?.members ?? []);
    // A replacement removes the member at our own address, and reports the one that it added.
    const removed = isReplacement
      ? memberAt(members, context.settings.peerUrl)
      : members.find(({ id }) => id === memberId);
    const isVoter = removed?.learner === false;
    if (kind === 'done' && isVoter) {
      const lately = this.#doneAtMs.filter((doneAtMs) => atMs - doneAtMs < hourMs);
      this.#doneAtMs = [...lately, atMs];
      if (lately.length < cap) return null;
      const sentence = `${lately.length} members were removed within the hour, and ${cap} may be`;
      return {
        outcome: { kind: 'refused', refusal: { rule: 'S14', sentence } },
        because: `the removal of ${removed.id} would have been refused (S14): ${sentence}`,
      };
    }
    if (kind !== 'refused' || rule !== 'S14' || cap <= recordedCap) return null;
    const { clusterId } = context.identity;
    return {
      outcome: { kind: 'done', clusterId: clusterId ?? '', members, memberId: '' },
      because: `a cap of ${cap} removals an hour would not have held the removal back (S14)`,
    };
  }
}

function answeredMembers({ answer }: NodeContext): readonly Member[] {
  return answer.kind === 'answers' ? answer.members : [];
}

interface Outcome {
  readonly kind: unknown;
  readonly memberId: unknown;
  /** Of a refusal. */
  readonly rule: unknown;
}

function readOutcome(output: unknown): Outcome {
  const { kind, memberId, refusal } = fieldsOf(output);
  return { kind, memberId, rule: fieldsOf(refusal)['rule'] };
}

function fieldsOf(
  value: unknown,
): Readonly<Record<'kind' | 'memberId' | 'refusal' | 'rule', unknown>> {
  return Object.assign({ kind: null, memberId: null, refusal: null, rule: null }, value);
}
