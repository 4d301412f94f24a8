import { reasonOf } from '../../machines/node/reason-of.ts';
import { rules } from '../../machines/rules.ts';
import { leavesOf } from '../../machines/state-path.ts';
import { effectWords } from '../journal/replay/divergence.ts';
import { eventSentence } from '../journal/replay/event-words.ts';
import type { Explanation } from '../journal/replay/explain-entry.ts';
import { activeStates } from '../journal/replay/state-paths.ts';
import type { Instant } from '../journal/replay/timeline.ts';
import { type Chart, type ChartTransition, shortId, withDescendants } from '../visualize/chart.ts';
import { transitionText } from '../visualize/labels.ts';

/** Everything behind the state at one entry, for a person. */
export function whyLines(
  { run, wallMs }: Instant,
  explanation: Explanation,
  chart: Chart,
): readonly string[] {
  const { seq, event, stateSinceSeq } = explanation;
  const taken = transitionsTaken(explanation, chart);
  return [
    `Entry ${seq} of ${run.label}, ${new Date(wallMs).toISOString()}`,
    '',
    ...block('Event', [eventSentence(event), `(${event.type})`]),
    ...block('State', [
      ...(explanation.before === null || explanation.before === explanation.after
        ? []
        : [`before: ${explanation.before}`]),
      explanation.before === explanation.after
        ? `${explanation.after}, since entry ${stateSinceSeq}`
        : `after:  ${explanation.after}`,
    ]),
    ...block('Chart', [
      ...taken.map((one) => `${shortId(chart, one.source)}: ${transitionText(one)}`),
      ...meaningLines(explanation, chart),
    ]),
    ...decisionLines(explanation),
    ...block('Effects', nonEmpty(explanation.effects.map(effectWords))),
    ...block('Rules', nonEmpty(ruleLines(explanation, taken))),
    ...block(
      'Changed',
      nonEmpty(explanation.changed.map((one) => `${one.name}: ${one.before} → ${one.after}`)),
    ),
  ];
}

/** The transitions that lead from the one state to the other, with their guards and rules. */
function transitionsTaken(
  { before, after }: Explanation,
  chart: Chart,
): readonly ChartTransition[] {
  const old = before === null ? new Set<string>() : activeStates(chart.name, before);
  const now = activeStates(chart.name, after);
  return withDescendants(chart.root)
    .flatMap(({ transitions }) => transitions)
    .filter(({ source, targets }) => {
      const isEntered = targets.some((target) => !old.has(target));
      return old.has(source) && isEntered && targets.every((target) => now.has(target));
    });
}

/** Each rule that had a part in it, with its sentence. */
function ruleLines(
  { decision, effects }: Explanation,
  taken: readonly ChartTransition[],
): readonly string[] {
  const ids = [
    ...(decision === null ? [] : [decision.rule]),
    ...taken.flatMap((transition) => transition.rules),
    ...effects.flatMap((effect) => reasonOf(effect)?.rule ?? []),
  ];
  const sentences: Readonly<Record<string, string>> = rules;
  return [...new Set(ids)].map((id) => `${id}: ${sentences[id] ?? 'not a rule of this version'}`);
}

/** What the states that were entered stand for; all that are active where none was. */
function meaningLines({ before, after }: Explanation, chart: Chart): readonly string[] {
  const old = before === null ? [] : leavesOf(before);
  const all = leavesOf(after);
  const entered = all.filter((leaf) => !old.includes(leaf));
  const described = new Map(
    withDescendants(chart.root).map((state) => [shortId(chart, state.id), state.description]),
  );
  return (entered.length === 0 ? all : entered).flatMap((leaf) => {
    const description = described.get(leaf) ?? null;
    return description === null ? [] : [`${leaf}: ${description}`];
  });
}

function decisionLines({ decision, decidedAtSeq }: Explanation): readonly string[] {
  if (decision === null) return block('Decision', ['none yet']);
  const path = decision.kind === 'act' ? ` by ${decision.path}` : '';
  const facts = Object.entries(decision.facts).map(([name, value]) => `${name} = ${value}`);
  return [
    ...block('Decision', [
      `${decision.kind}${path}, as decided at entry ${decidedAtSeq}`,
      ...(decision.kind === 'ask' ? [`what helps: ${decision.command}`] : []),
    ]),
    ...block('Reason', [decision.reason]),
    ...block('Facts', nonEmpty(facts)),
  ];
}

function nonEmpty(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? ['none'] : lines;
}

function block(title: string, lines: readonly string[]): readonly string[] {
  return lines.map((line, index) => `${(index === 0 ? title : '').padEnd(10)}${line}`);
}

/** The same, for a program. */
export function whyRecord({ run, wallMs }: Instant, explanation: Explanation): object {
  const { decision, effects } = explanation;
  return {
    run: run.label,
    node: run.node,
    time: new Date(wallMs).toISOString(),
    ...explanation,
    ruleSentence: decision === null ? null : rules[decision.rule],
    effects: effects.map((effect) => ({ ...effect, reason: reasonOf(effect) })),
  };
}
