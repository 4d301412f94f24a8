import type { InspectReport } from '../../machines/inspect-report.ts';
import type { Chart, ChartState } from '../visualize/chart.ts';
import { type Role, roleOf } from '../visualize/roles.ts';
import { ageText, line, type Screen, type Style } from './inspect-screen.ts';

const styleOf: Readonly<Record<Role, Style>> = {
  resting: 'bold',
  working: 'blue',
  good: 'green',
  waiting: 'yellow',
  alarm: 'red',
  operator: 'violet',
  end: 'bold',
};

/**
 * The chart as a tree: a line for each active state, which a region and its state share, and behind
 * it the names of the states beside it that are not active.
 */
export function treeLines(chart: Chart, report: InspectReport, screen: Screen): readonly string[] {
  const since = new Map(report.active.map(({ id, sinceMs }) => [id, sinceMs]));
  const known = new Set<string>();
  const rows: Row[] = [];
  const isRegion = regionsOf(chart.root);
  const visit = (state: ChartState, lead: string, { branch, others, region }: Place): void => {
    known.add(state.id);
    if (region === undefined && isRegion.has(state.id)) {
      const [active] = state.states.filter(({ id }) => since.has(id));
      const beside = state.states.filter((one) => one !== active).map(({ key }) => key);
      if (active !== undefined) {
        visit(active, lead, { branch, others: beside, region: state.key });
        return;
      }
    }
    const age = ageText(since.get(state.id) ?? 0);
    const name = region === undefined ? state.key : `${region}.${state.key}`;
    rows.push({ state, head: `${lead}${branch}● ${name}`, age, others });
    const below = branch === '' ? lead : `${lead}${branch === '├─ ' ? '│  ' : '   '}`;
    const active = state.states.filter(({ id }) => since.has(id));
    const inactive = state.states.filter(({ id }) => !since.has(id)).map(({ key }) => key);
    active.forEach((child, index) => {
      const isLast = index === active.length - 1;
      visit(child, below, { branch: isLast ? '└─ ' : '├─ ', others: isLast ? inactive : [] });
    });
  };
  visit(chart.root, '', { branch: '', others: [] });
  const unknown = report.active.filter(({ id }) => !known.has(id));
  return [
    ...drawRows(rows, screen),
    ...unknown.map(({ id, sinceMs }) =>
      line(screen, [[`● ${id}`, 'bold'], [`  ${ageText(sinceMs)} (not in the chart of this e2d)`]]),
    ),
  ];
}

/** Ids of the states that are active side by side. */
function regionsOf(root: ChartState): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (state: ChartState): void => {
    if (state.kind === 'parallel') for (const { id } of state.states) found.add(id);
    state.states.forEach(visit);
  };
  visit(root);
  return found;
}

interface Place {
  readonly branch: '' | '├─ ' | '└─ ';
  /** The states beside it that are not active. */
  readonly others: readonly string[];
  /** The key of the region whose only active state this is: they share a line. */
  readonly region?: string;
}

interface Row {
  readonly state: ChartState;
  readonly head: string;
  readonly age: string;
  readonly others: readonly string[];
}

function drawRows(rows: readonly Row[], screen: Screen): readonly string[] {
  const headWidth = Math.max(...rows.map(({ head }) => head.length));
  const ageWidth = Math.max(...rows.map(({ age }) => age.length));
  return rows.map(({ state, head, age, others }) => {
    const mark = head.indexOf('●');
    return line(screen, [
      [head.slice(0, mark), 'dim'],
      [head.slice(mark), styleOf[roleOf(state)]],
      [' '.repeat(headWidth - head.length + 2)],
      [age.padStart(ageWidth)],
      ...(others.length === 0 ? [] : [[`  ○ ${others.join(', ')}`, 'dim'] as const]),
    ]);
  });
}
