import type { Chart, ChartTransition } from './chart.ts';
import { arrowText } from './labels.ts';
import { type Arrow, type Box, drawPicture, type View } from './picture.ts';
import { ACTIVE, ACTIVE_AROUND, INK, palettes, roleOf } from './roles.ts';

/** Writes a chart as a Mermaid `stateDiagram-v2`, one line for each transition. */
export function renderMermaid(chart: Chart, view: View = {}): string {
  const { boxes, arrows } = drawPicture(chart, view);
  const lines = new Map<string, string[]>();
  for (const arrow of arrows) {
    const { container, texts } = placeArrow(arrow, boxes);
    lines.set(container, [...(lines.get(container) ?? []), ...texts]);
  }
  return [
    'stateDiagram-v2',
    ...writeBoxes({ boxes, lines, container: TOP, isParallel: false }).map((line) => `  ${line}`),
    ...writeClasses(boxes).map((line) => `  ${line}`),
    '',
  ].join('\n');
}

/** Stands for what is not inside any box. */
const TOP = '';

interface Inside {
  readonly boxes: readonly Box[];
  /** Arrow lines by the id of the box in which both ends are. */
  readonly lines: ReadonlyMap<string, readonly string[]>;
  readonly container: string;
  readonly isParallel: boolean;
}

function writeBoxes({ boxes, lines, container, isParallel }: Inside): readonly string[] {
  const shown = boxes.filter(({ kind }) => kind !== 'initial');
  const written = shown.flatMap((box, index) => {
    const title = `state "${plain(box.label)}" as ${idOf(box.id)}`;
    const separator = isParallel && index > 0 ? ['--'] : [];
    if (box.boxes.length === 0) {
      return [...separator, title];
    }
    const inner = writeBoxes({
      boxes: box.boxes,
      lines,
      container: box.id,
      isParallel: box.state?.kind === 'parallel',
    });
    return [...separator, `${title} {`, ...inner.map((line) => `  ${line}`), '}'];
  });
  return [...written, ...(lines.get(container) ?? [])];
}

/**
 * Mermaid draws arrows between neighbours only. An arrow that crosses the edge of a box starts or
 * ends at that box, and its text says where it really starts or ends.
 */
function placeArrow(
  { from, to, transitions }: Arrow,
  boxes: readonly Box[],
): { readonly container: string; readonly texts: readonly string[] } {
  const fromPath = pathTo(from, boxes) ?? [];
  const toPath = pathTo(to, boxes) ?? [];
  let depth = 0;
  while (depth < fromPath.length - 1 && fromPath[depth] === toPath[depth]) {
    depth += 1;
  }
  const [start, end] = [fromPath[depth] ?? from, toPath[depth] ?? to];
  const container = fromPath[depth - 1] ?? TOP;
  if (transitions.length === 0) {
    return { container, texts: [`[*] --> ${idOf(end)}`] };
  }
  const text = (transition: ChartTransition): string =>
    [
      ...(start === from ? [] : [`${keyOf(from)} ·`]),
      arrowText(transition),
      ...(end === to ? [] : [`→ ${keyOf(to)}`]),
    ].join(' ');
  const arrow = `${idOf(start)} --> ${idOf(end)}`;
  return { container, texts: transitions.map((one) => `${arrow}: ${plain(text(one))}`) };
}

/** The ids of the boxes from the outermost one down to the one that is looked for. */
function pathTo(id: string, boxes: readonly Box[]): readonly string[] | null {
  for (const box of boxes) {
    if (box.id === id) {
      return [id];
    }
    const inner = pathTo(id, box.boxes);
    if (inner !== null) {
      return [box.id, ...inner];
    }
  }
  return null;
}

/** Colours: those of a role for boxes without inner ones, the active one for any. */
function writeClasses(boxes: readonly Box[]): readonly string[] {
  const members = new Map<string, string[]>();
  const visit = (box: Box): void => {
    box.boxes.forEach(visit);
    if (box.state !== null && (box.active || box.boxes.length === 0)) {
      const around = box.boxes.length > 0 ? 'around' : 'active';
      const name = box.active ? around : roleOf(box.state);
      members.set(name, [...(members.get(name) ?? []), idOf(box.id)]);
    }
  };
  boxes.forEach(visit);
  const around = { ...ACTIVE, fill: ACTIVE_AROUND };
  return Object.entries({ ...palettes, around, active: ACTIVE }).flatMap(([name, palette]) => {
    const ids = members.get(name);
    const look = `fill:${palette.fill},stroke:${palette.stroke},color:${INK}`;
    return ids === undefined ? [] : [`classDef ${name} ${look}`, `class ${ids} ${name}`];
  });
}

function idOf(id: string): string {
  return id.replaceAll('*', 'any').replace(/\W/g, '_');
}

function keyOf(id: string): string {
  return id.slice(id.lastIndexOf('.') + 1);
}

/** Mermaid takes a colon, a semicolon or a quote for its own. */
function plain(text: string): string {
  return text.replace(/[:;"]/g, '').replace(/ +/g, ' ');
}
