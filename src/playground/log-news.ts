import { z } from 'zod';

const line = z.object({
  msg: z.string(),
  level: z.string().optional(),
  rule: z.string().nullish(),
  decision: z.string().optional(),
  path: z.string().optional(),
  effect: z.string().optional(),
  reason: z.string().optional(),
  kind: z.string().optional(),
  outcome: z
    .object({
      kind: z.string(),
      refusal: z.object({ rule: z.string(), sentence: z.string() }).optional(),
    })
    .optional(),
});

/** What the effects worth telling are called in a sentence; the others are bookkeeping. */
const deeds: ReadonlyMap<string, { readonly does: string; readonly becauseDecided?: true }> =
  new Map([
    // The reason of these is the decision, which has just been told.
    ['addLearner', { does: 'asks to be added as a learner', becauseDecided: true }],
    ['replaceMember', { does: 'asks to take the place of its dead member', becauseDecided: true }],
    ['launchEtcd', { does: 'starts etcd', becauseDecided: true }],
    ['changeMembership', { does: 'changes the member list' }],
    ['moveDataAside', { does: 'moves its old data aside' }],
  ]);

/** A line of e2d's log as a sentence behind the node's name; null: not worth telling. */
export function fromLog(text: string): string | null {
  const entry = parse(text);
  if (entry === null) return null;
  const { msg, rule, decision, path, effect, reason, outcome } = entry;
  if (decision !== undefined) {
    const verb = decision === 'act' ? `decides to ${path ?? 'go on'}` : 'waits';
    return `${verb}: ${lowered(msg)}${behind(rule)}`;
  }
  if (outcome?.refusal !== undefined) {
    return `holds back: ${outcome.refusal.sentence}${behind(outcome.refusal.rule)}`;
  }
  if (effect !== undefined && reason !== undefined) {
    const deed = deeds.get(effect);
    if (deed === undefined) return null;
    return `${deed.does}${deed.becauseDecided ? '' : `: ${lowered(reason)}`}${behind(rule)}`;
  }
  const isExit = entry.kind !== undefined && entry.level === 'warn';
  return isExit || entry.level === 'error' || entry.level === 'fatal' ? lowered(msg) : null;
}

function parse(text: string): z.infer<typeof line> | null {
  try {
    return line.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

function behind(rule: string | null | undefined): string {
  return rule === null || rule === undefined ? '' : ` (rule ${rule})`;
}

/** Without its full stop, and small at the start, as are nodes' names: it follows a colon. */
function lowered(sentence: string): string {
  const bare = sentence.replace(/\.$/, '');
  return /^(?:[A-Z][a-z ]|N\d)/.test(bare) ? bare.charAt(0).toLowerCase() + bare.slice(1) : bare;
}
