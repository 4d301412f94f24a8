import type { Chart, ChartState, ChartTransition } from './chart.ts';
import { arrowText, bodyLines, stayingTransitions, transitionText, wrapped } from './labels.ts';
import { type Arrow, type Box, drawPicture, type Picture, type View } from './picture.ts';
import {
  ACTIVE,
  ACTIVE_AROUND,
  arrowColour,
  INK,
  type Palette,
  palettes,
  QUIET,
  roleOf,
} from './roles.ts';

/** Writes a chart in the language of Graphviz: `dot -Tsvg` draws it. */
export function renderDot(chart: Chart, view: View = {}): string {
  return writeDot(drawPicture(chart, view), view.opened !== undefined);
}

/**
 * The same, of a picture that is laid down already. A brief one leaves details to the tooltips.
 * Arrow number n has the id `arrow-n`, and a state's box has `state-<id of the state>`.
 */
export function writeDot({ boxes, arrows }: Picture, brief: boolean): string {
  const lines = [
    ...GRAPH,
    ...boxes.flatMap((box) => writeBox(box, brief)),
    ...arrows.map((arrow, index) => writeArrow({ arrow, index, boxes, brief })),
  ];
  return ['digraph chart {', ...lines.map((line) => `  ${line}`), '}', ''].join('\n');
}

const FONT = 'Helvetica,Arial,sans-serif';

/** Sizes in points. Words are given more room than they take, as no two machines have one font. */
const GRAPH = [
  `graph [bgcolor=white, compound=true, nodesep=0.42, ranksep=0.36, pad=0.1, fontname="${FONT}", fontsize=11]`,
  `node [shape=box, style="rounded,filled", fontname="${FONT}", fontsize=11, height=0.4]`,
  `edge [fontname="${FONT}", fontsize=10.5, arrowsize=0.75]`,
];

/** Keeps a word off the arrow that it belongs to. */
const NO_BREAK = '\u00a0';

const ARROW_COLUMNS = 36;
const BODY_COLUMNS = 32;
const TITLE_POINTS_PER_LETTER = 8;
const BODY_POINTS_PER_LETTER = 5.7;

function writeBox(box: Box, brief: boolean): readonly string[] {
  if (box.boxes.length > 0) {
    return writeCluster(box, brief);
  }
  if (box.kind === 'initial') {
    const dot = { shape: 'circle', label: '', width: 0.13, height: 0.13, fillcolor: INK };
    return [`${quoted(box.id)} [${attributes({ ...dot, class: 'initial' })}]`];
  }
  if (box.state === null) {
    const look = { style: 'rounded,dashed', color: QUIET, fontcolor: QUIET, height: 0.3 };
    const width = inches(box.label.length * BODY_POINTS_PER_LETTER + 22);
    return [
      `${quoted(box.id)} [${attributes({ label: box.label, width, ...look, class: box.kind })}]`,
    ];
  }
  const body = [...describe(box), ...(brief ? regions(box.state) : does(box))];
  const width = Math.max(
    box.label.length * TITLE_POINTS_PER_LETTER,
    ...body.map((line) => line.length * BODY_POINTS_PER_LETTER),
  );
  const label = [box.label, ...body].join('\n');
  return [
    `${quoted(box.id)} [${attributes({ label, width: inches(width + 22), ...lookOf(box) })}]`,
  ];
}

function writeCluster(box: Box, brief: boolean): readonly string[] {
  const label = [box.label, ...describe(box), ...(brief ? [] : does(box))].join('\n');
  const inner = box.boxes.flatMap((one) => writeBox(one, brief));
  const isRegion = box.boxes.some(({ kind }) => kind === 'initial');
  return [
    `subgraph ${quoted(clusterOf(box.id))} {`,
    `  graph [${attributes({ label, margin: isRegion ? 14 : 18, ...lookOf(box) })}]`,
    ...inner.map((line) => `  ${line}`),
    '}',
  ];
}

function describe({ state }: Box): readonly string[] {
  return state?.description ? wrapped(state.description, BODY_COLUMNS) : [];
}

/** What runs side by side in a box that is shown closed. */
function regions(state: ChartState): readonly string[] {
  const names = state.kind === 'parallel' ? state.states.map(({ key }) => key) : [];
  return names.length === 0 ? [] : wrapped(names.join(' | '), BODY_COLUMNS + 8);
}

function does({ state }: Box): readonly string[] {
  const staying = state === null ? [] : stayingTransitions(state).map(transitionText);
  const lines = state === null ? [] : [...bodyLines(state), ...staying];
  return lines.flatMap((line) => wrapped(line, BODY_COLUMNS + 6));
}

function lookOf({ id, state, active, boxes }: Box): Attributes {
  const role = state === null ? 'resting' : roleOf(state);
  const palette: Palette = active ? ACTIVE : palettes[role];
  return {
    id: `state-${id}`,
    class: active ? `${role} active` : role,
    ...(boxes.length > 0 ? { style: 'rounded,filled', labeljust: 'c' } : {}),
    fillcolor: boxes.length === 0 ? palette.fill : active ? ACTIVE_AROUND : '#f1f5f9',
    color: palette.stroke,
    fontcolor: INK,
    penwidth: active ? 3 : 1.3,
  };
}

interface ArrowPlace {
  readonly arrow: Arrow;
  readonly index: number;
  readonly boxes: readonly Box[];
  readonly brief: boolean;
}

function writeArrow({ arrow, index, boxes, brief }: ArrowPlace): string {
  const { from, to, kind, transitions } = arrow;
  const [start, end] = [pathTo(from, boxes), pathTo(to, boxes)];
  const isBack = leadsBack(start, end, boxes);
  const [tail, head] = isBack ? [end, start] : [start, end];
  const label = (brief ? transitions.filter(isWorthSaying) : transitions)
    .flatMap((transition) => wrapped(arrowText(transition), ARROW_COLUMNS))
    .map((line) => `${NO_BREAK}${line}${NO_BREAK}\n`)
    .join('');
  const colour = arrowColour(kind);
  const values: Attributes = {
    id: `arrow-${index}`,
    class: kind,
    color: colour,
    fontcolor: colour,
    ...(kind === 'delay' ? { style: 'dashed' } : {}),
    ...(label === '' ? {} : { label }),
    ...(transitions.length === 0 ? { weight: 20 } : {}),
    ...(isBack ? { dir: 'back' } : {}),
    ...edgeOf('ltail', tail, head),
    ...edgeOf('lhead', head, tail),
  };
  return `${leafOf(tail, 'last')} -> ${leafOf(head, 'first')} [${attributes(values)}]`;
}

/** Is the target declared before the source? Such an arrow does not decide what stands first. */
function leadsBack(start: Path, end: Path, boxes: readonly Box[]): boolean {
  let siblings = boxes;
  for (const [depth, box] of start.entries()) {
    const other = end[depth];
    if (other === undefined) {
      return true;
    }
    if (other !== box) {
      return siblings.indexOf(other) < siblings.indexOf(box);
    }
    siblings = box.boxes;
  }
  return false;
}

/** A failed or late try is told by the arrow's colour. */
function isWorthSaying({ kind, trigger, guard }: ChartTransition): boolean {
  return kind !== 'error' && kind !== 'delay' && (trigger !== 'always' || guard !== null);
}

/** The boxes from the outermost one down to the one that is looked for. */
type Path = readonly Box[];

function pathTo(id: string, boxes: readonly Box[]): Path {
  for (const box of boxes) {
    const inner = box.id === id ? [] : pathTo(id, box.boxes);
    if (box.id === id || inner.length > 0) {
      return [box, ...inner];
    }
  }
  return [];
}

/** Where an arrow is cut off: at the edge of a box with inner ones, unless it stays in there. */
function edgeOf(name: 'ltail' | 'lhead', path: Path, other: Path): Attributes {
  const box = path.at(-1);
  const isCut = box !== undefined && box.boxes.length > 0 && !other.includes(box);
  return isCut ? { [name]: clusterOf(box.id) } : {};
}

/** Graphviz leads arrows only between boxes without inner ones. */
function leafOf(path: Path, which: 'first' | 'last'): string {
  let box = path.at(-1);
  while (box !== undefined && box.boxes.length > 0) {
    box = box.boxes.at(which === 'first' ? 0 : -1);
  }
  return quoted(box?.id ?? '');
}

type Attributes = Readonly<Record<string, string | number>>;

function attributes(values: Attributes): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${typeof value === 'number' ? value : quoted(value)}`)
    .join(', ');
}

/** A line that ends is set at the left of an arrow; lines between others are centred in a box. */
function quoted(text: string): string {
  const safe = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  return `"${safe.endsWith('\n') ? safe.replaceAll('\n', '\\l') : safe.replaceAll('\n', '\\n')}"`;
}

function clusterOf(id: string): string {
  return `cluster_${id}`;
}

function inches(points: number): number {
  return Math.round((points / 72) * 100) / 100;
}
