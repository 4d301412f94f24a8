import { rules } from '../rules.ts';
import type { Reason } from './effects.ts';

/** An effect that is asked for, or was: only what is started has an input. */
interface Asked {
  readonly kind: string;
  readonly input?: unknown;
}

/**
 * Why an effect is asked for, which is part of its input; null for an observer, and for whatever is
 * not started. An effect that was recorded may cite a rule that this version does not know.
 */
export function reasonOf({
  kind,
  input,
}: Asked): { readonly rule: string; readonly sentence: string } | null {
  if (kind !== 'start' || typeof input !== 'object' || input === null) return null;
  const reason = 'reason' in input ? input.reason : null;
  if (typeof reason !== 'object' || reason === null) return null;
  if (!('rule' in reason) || !('sentence' in reason)) return null;
  const { rule, sentence } = reason;
  return typeof rule === 'string' && typeof sentence === 'string' ? { rule, sentence } : null;
}

/** The same, where it cites a rule of this version. */
export function ownReasonOf(effect: Asked): Reason | null {
  const { rule = '', sentence = '' } = reasonOf(effect) ?? {};
  return rule in rules ? { rule: rule as Reason['rule'], sentence } : null;
}
