import type {
  InspectedStep,
  InspectReport,
  RecordingReport,
} from '../../machines/inspect-report.ts';
import { rules } from '../../machines/rules.ts';
import { leavesOf } from '../../machines/state-path.ts';
import { ageText } from './inspect-screen.ts';
import { snapshotSentences } from './snapshot-outlook.ts';

/** A paragraph; what is cut off at the edge instead of being wrapped has its end dimmed. */
export type Text = string | { readonly head: string; readonly tail: string };

/** A heading, and what is said under it. */
export interface Block {
  readonly title: string;
  readonly texts: readonly Text[];
}

const stepsShown = 8;

/** What is said below the tree, in this order; blocks without a text are left out. */
export function blocksOf(report: InspectReport): readonly Block[] {
  const blocks: readonly Block[] = [
    { title: 'Decision', texts: decisionTexts(report) },
    { title: 'Waits for', texts: waitTexts(report) },
    { title: 'Next', texts: report.waitingFor === null ? [report.next] : [] },
    { title: 'Timers', texts: timerTexts(report) },
    { title: 'Runs', texts: actorTexts(report) },
    { title: 'Snapshots', texts: snapshotSentences(report.snapshots) },
    { title: 'Recent', texts: recentTexts(report) },
  ];
  return blocks.filter(({ texts }) => texts.length > 0);
}

function decisionTexts({ decision, waitingFor }: InspectReport): readonly Text[] {
  if (decision === null) return ['none yet'];
  const { kind, rule, reason, facts } = decision;
  const cited = Object.entries(facts).map(([name, value]) => `${name} = ${value}`);
  const isSaidBelow = waitingFor?.sentence === reason;
  return [
    isSaidBelow ? `${kind}, until what it waits for is there` : `${kind}: ${reason}`,
    `by rule ${rule}: ${rules[rule]}`,
    ...(cited.length === 0 ? [] : [`facts: ${cited.join(', ')}`]),
  ];
}

function waitTexts({ waitingFor }: InspectReport): readonly Text[] {
  if (waitingFor === null) return [];
  const { rule, sentence, command } = waitingFor;
  return [
    rule === null ? sentence : `${sentence} (rule ${rule})`,
    ...(command === null ? [] : [`to let it go on: ${command}`]),
  ];
}

function timerTexts({ timers }: InspectReport): readonly Text[] {
  return timers.map(({ name, state, leftMs }) => {
    const left = leftMs < 1_000 ? `${leftMs}ms` : ageText(leftMs);
    return `${name} in ${left}${state === '' ? '' : `, unless ${shortId(state)} is left before`}`;
  });
}

function actorTexts({ actors }: InspectReport): readonly Text[] {
  const observers = actors.filter(({ kind }) => kind === 'observer');
  const effects = actors.filter(({ kind }) => kind === 'effect');
  return [
    ...effects.map(({ id, src, sinceMs, reason }) => {
      const name = id === src ? id : `${id} (${src})`;
      const why = reason === null ? '' : `: ${reason.sentence} (rule ${reason.rule})`;
      return `${name} for ${ageText(sinceMs)}${why}`;
    }),
    ...(observers.length === 0
      ? []
      : [observers.map(({ id, sinceMs }) => `${id} ${ageText(sinceMs)}`).join(', ')]),
  ];
}

/** The latest steps in which something happened. */
function recentTexts({ recent, atMs }: InspectReport): readonly Text[] {
  const shown = recent.filter(isNews).slice(-stepsShown);
  const ages = shown.map((step) => ageText(Math.max(0, atMs - step.lastAtMs)));
  const width = Math.max(0, ...ages.map((age) => age.length));
  return shown.map((step, index) => ({
    head: `${(ages[index] ?? '').padStart(width)}  ${happened(step)}`,
    tail: `  ${step.summary}`,
  }));
}

function isNews({ from, to, effects, decision }: InspectedStep): boolean {
  return from !== to || decision !== null || effects.length > 0;
}

/** Observers begin with the states that listen: they are told only where nothing else is. */
function happened({ from, to, effects, decision }: InspectedStep): string {
  const entered = enteredStates(from, to);
  const asked = effects.flatMap(({ id, reason }) =>
    reason === null ? [] : [`${id} (${reason.rule})`],
  );
  const parts = [
    ...(decision === null ? [] : [`decides to ${decision.kind} (${decision.rule})`]),
    ...(entered.length === 0 ? [] : [`→ ${entered.join(', ')}`]),
    ...(asked.length === 0 ? [] : [`begins ${asked.join(', ')}`]),
  ];
  if (parts.length > 0) return parts.join('; ');
  return effects.length === 0 ? `→ ${to}` : `begins ${effects.map(({ id }) => id).join(', ')}`;
}

/** The innermost states that a step entered, without the parents that nearly all have. */
export function enteredStates(from: string, to: string): readonly string[] {
  const before = new Set(leavesOf(from));
  return leavesOf(to)
    .filter((leaf) => !before.has(leaf))
    .map((leaf) => leaf.replace(/^active\.(running\.)?/, ''));
}

export function recordingText({ state, file, problem }: RecordingReport): string {
  if (state === 'recording') return file === null ? 'being recorded' : `recorded in ${file}`;
  return `not recorded${problem === null ? '' : `: ${problem}`}`;
}

function shortId(id: string): string {
  return id.replace(/^node\.(active\.)?/, '');
}
