import { type Chart, type ChartTransition, shortId, withDescendants } from './chart.ts';

/** All transitions of a chart as a Markdown table, in the order in which they are tried. */
export function renderTransitionTable(chart: Chart): string {
  const rows = withDescendants(chart.root).flatMap(({ transitions }) =>
    transitions.map((transition) => rowOf(chart, transition)),
  );
  return table(['State', 'Event', 'Guard', 'Target', 'Effects', 'Rule', 'Why'], rows);
}

/** What each state of a chart means, as a Markdown table. */
export function renderStateTable(chart: Chart): string {
  const rows = withDescendants(chart.root).map((state) => [
    code([shortId(chart, state.id)]),
    state.kind,
    escapeCell(state.description ?? ''),
    code(state.tags),
    code(state.invokes.map(({ src }) => src)),
  ]);
  return table(['State', 'Kind', 'Meaning', 'Tags', 'Runs'], rows);
}

function rowOf(chart: Chart, transition: ChartTransition): readonly string[] {
  const { source, trigger, guard, targets, actions, rules, description, reenter } = transition;
  const where = code(targets.map((target) => shortId(chart, target)));
  return [
    code([shortId(chart, source)]),
    code([trigger]),
    guard === null ? '' : code([guard]),
    targets.length === 0 ? 'stays' : reenter ? `${where} (enters anew)` : where,
    code(actions),
    rules.join(', '),
    escapeCell(description ?? ''),
  ];
}

/** A Markdown table of cells that are Markdown already. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line), ''].join('\n');
}

function code(words: readonly string[]): string {
  return words.map((word) => `\`${escapeCell(word)}\``).join(', ');
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}
