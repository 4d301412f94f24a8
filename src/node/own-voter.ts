import { matchesState } from 'xstate';
import type { MemberId } from '../../machines/facts.ts';
import type { NodeSnapshot } from '../../machines/node/step.ts';

const voting = { active: { running: { standing: 'voting' } } };

/** Our own member, once it votes and remembers that: only then it can tell the others anything. */
export function ownVoter({ value, context }: Pick<NodeSnapshot, 'value' | 'context'>): {
  readonly id: MemberId;
  readonly name: string;
} | null {
  const { memberId, name } = context.identity;
  return memberId !== null && matchesState(voting, value) ? { id: memberId, name } : null;
}
