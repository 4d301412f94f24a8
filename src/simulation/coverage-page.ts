import { nodeMachine } from '../../machines/node/machine.ts';
import { type RuleId, rules } from '../../machines/rules.ts';
import { type CoverageData, guardNames, stateNames, transitionNames } from './coverage.ts';
import { type FaultKind, faultKinds } from './faults.ts';
import { reachByHand } from './reach-by-hand.ts';

/** What a campaign adds up to. */
export interface CampaignFigures {
  readonly seeds: number;
  readonly virtualMs: number;
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  readonly coverage: CoverageData;
}

/** The page of `docs/` that says what a campaign has reached, and what it has not. */
export function renderCoveragePage(figures: CampaignFigures, command: string): string {
  const { seeds, virtualMs, faults, coverage } = figures;
  const hours = Math.round(virtualMs / 3_600_000);
  const missed = transitionNames(nodeMachine).filter((name) => !(name in coverage.transitions));
  const byHand = reachByHand(coverage.samples, missed);
  const sections = [
    table(
      'Faults',
      ['Fault', 'Injected'],
      faultKinds.map((kind) => [kind, faults[kind] ?? 0]),
    ),
    table(
      'Rules',
      ['Rule', 'Was the reason', 'Sentence'],
      Object.entries(rules).map(([rule, text]) => [
        rule,
        coverage.rules[rule as RuleId] ?? 0,
        text,
      ]),
    ),
    table(
      'States',
      ['State', 'Reached'],
      stateNames(nodeMachine).map((name) => [
        `\`${name}\``,
        coverage.states[name] ?? (byHand.states.has(name) ? 'by hand' : 'by a test'),
      ]),
    ),
    table(
      'Transitions',
      ['Transition', 'Taken'],
      transitionNames(nodeMachine).map((name) => [
        `\`${name}\``,
        coverage.transitions[name] ?? (byHand.transitions.has(name) ? 'by hand' : 'by a test'),
      ]),
    ),
    table(
      'Guards',
      ['Guard', 'Held', 'Did not'],
      guardNames().map((name) => [
        name,
        coverage.guardsHeld[name] ?? 0,
        coverage.guardsFailed[name] ?? 0,
      ]),
    ),
  ];
  return [
    '# What the simulation reaches',
    '',
    `Written by \`${command}\`: ${seeds} seeds, ${hours} virtual hours of clusters of 1, 3 and 5 nodes.`,
    'A number is how often it happened. *By hand* means that a seed came to the state, and the event was',
    'put to the chart there: the failure or the hanging of an effect that only a defect could bring about.',
    '*By a test* means that `test/unit/simulation/coverage.test.ts` walks there.',
    '',
    ...sections.flat(),
  ].join('\n');
}

type Row = readonly (string | number)[];

function table(title: string, head: readonly string[], rows: readonly Row[]): readonly string[] {
  const line = (cells: Row) => `| ${cells.map((cell) => escaped(String(cell))).join(' | ')} |`;
  const rule = `| ${head.map((_, index) => (index === 0 ? '---' : '---:')).join(' | ')} |`;
  return [`## ${title}`, '', line(head), rule, ...rows.map(line), ''];
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|');
}
