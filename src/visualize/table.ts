import {
  type Chart,
  type ChartState,
  type ChartTransition,
  shortId,
  withDescendants,
} from './chart.ts';

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
  const { source, trigger, guard, targets, rules, description, reenter } = transition;
  const where = code(targets.map((target) => shortId(chart, target)));
  return [
    code([shortId(chart, source)]),
    code([trigger]),
    guard === null ? '' : code([guard]),
    targets.length === 0 ? 'stays' : reenter ? `${where} (enters anew)` : where,
    effectsOf(chart, transition),
    rules.join(', '),
    escapeCell(description ?? ''),
  ];
}

/** Its own actions, then those of the states that it enters, then what these run. */
function effectsOf(chart: Chart, transition: ChartTransition): string {
  const entered = transition.targets.flatMap((target) => enteredBy(chart, transition, target));
  const actions = [...transition.actions, ...entered.flatMap(({ entry }) => entry)];
  const runs = entered.flatMap(({ invokes }) => invokes.map(({ src }) => src));
  return [
    ...(actions.length === 0 ? [] : [code(actions)]),
    ...(runs.length === 0 ? [] : [`runs ${code(runs)}`]),
  ].join('; ');
}

/**
 * The states that are entered, by XState's rules: those from where the ways of source and target
 * part down to the target, and what is entered with them. A transition to the source or into it
 * does not leave it, unless it says so.
 */
function enteredBy(
  chart: Chart,
  { source, reenter }: ChartTransition,
  target: string,
): readonly ChartState[] {
  const isInward = isWithin(target, source) && !reenter;
  const stays = (id: string): boolean =>
    isInward ? isWithin(source, id) : [source, target].every((end) => end.startsWith(`${id}.`));
  const path = withDescendants(chart.root).filter(({ id }) => isWithin(target, id));
  const onTheWay = path.filter(({ id }) => id !== target && !stays(id));
  return [
    ...onTheWay.flatMap((state) => [state, ...besides(state, path).flatMap(withEntered)]),
    ...path
      .filter(({ id }) => id === target)
      .flatMap(withEntered)
      .filter(({ id }) => !stays(id)),
  ];
}

function isWithin(id: string, state: string): boolean {
  return id === state || id.startsWith(`${state}.`);
}

/** The regions of a state through which no way leads: they are entered too. */
function besides({ kind, states }: ChartState, path: readonly ChartState[]): readonly ChartState[] {
  return kind === 'parallel' ? states.filter((state) => !path.includes(state)) : [];
}

function withEntered(state: ChartState): readonly ChartState[] {
  const inner = state.states.filter(({ id }) => state.kind === 'parallel' || id === state.initial);
  return [state, ...inner.flatMap(withEntered)];
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
