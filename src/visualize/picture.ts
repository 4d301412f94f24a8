import {
  type Chart,
  type ChartState,
  type ChartTransition,
  shortId,
  type TriggerKind,
  withDescendants,
} from './chart.ts';

/** What a diagram shows of a chart: boxes in boxes, and arrows between them. */
export interface Picture {
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
}

/**
 * - `state`: a state of the chart.
 * - `initial`: the dot from which an arrow leads to the state that is entered first.
 * - `any`: stands for every state inside the box it is in.
 * - `elsewhere`: a state outside the picture, to which or from which an arrow leads.
 */
type BoxKind = 'state' | 'initial' | 'any' | 'elsewhere';

export interface Box {
  readonly id: string;
  readonly kind: BoxKind;
  readonly label: string;
  /** Null for what stands for other states. */
  readonly state: ChartState | null;
  readonly active: boolean;
  readonly boxes: readonly Box[];
}

export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly kind: TriggerKind;
  /**
   * The transitions it stands for, in the order of the chart; none when it leaves an initial dot.
   */
  readonly transitions: readonly ChartTransition[];
}

export interface View {
  /** Id of the state whose inside is shown; the whole chart when absent. */
  readonly scope?: string;
  /** Ids of the states whose inside is shown besides the scope's; all when absent. */
  readonly opened?: ReadonlySet<string>;
  /** Ids of the states that are active, parents included. */
  readonly active?: ReadonlySet<string>;
}

/** Ends the id of the dot before the state that is entered first. */
const INITIAL = '.(initial)';

/** Lays down what is seen of a chart from one point of view. */
export function drawPicture(chart: Chart, view: View = {}): Picture {
  const all = withDescendants(chart.root);
  const scope = all.find(({ id }) => id === view.scope) ?? chart.root;
  const inside = new Set(withDescendants(scope).map(({ id }) => id));
  const opened = view.opened ?? inside;
  const arrows = drawArrows(chart, { scope, inside, opened });
  const used = new Set(arrows.flatMap(({ from, to }) => [from, to]));
  const elsewhere = [...used]
    .filter((id) => all.some((state) => state.id === id))
    .filter((id) => id === scope.id || !inside.has(id))
    .map((id) => standIn(id, 'elsewhere', shortId(chart, id)));
  const drawn = drawInside(scope, { opened, used, active: view.active ?? new Set() });
  return { boxes: [...drawn, ...elsewhere], arrows: [...drawn.flatMap(initialArrows), ...arrows] };
}

/** The id of the box that stands for every state inside a state. */
function anyInside(stateId: string): string {
  return `${stateId}.*`;
}

interface Drawing {
  readonly opened: ReadonlySet<string>;
  /** Ids of the boxes that arrows need. */
  readonly used: ReadonlySet<string>;
  readonly active: ReadonlySet<string>;
}

function drawInside(parent: ChartState, drawing: Drawing): readonly Box[] {
  const any = anyInside(parent.id);
  return [
    ...(parent.initial === null ? [] : [standIn(`${parent.initial}${INITIAL}`, 'initial', '')]),
    ...(drawing.used.has(any) ? [standIn(any, 'any', 'any state')] : []),
    ...parent.states.map((state) => drawState(state, drawing)),
  ];
}

function drawState(state: ChartState, drawing: Drawing): Box {
  return {
    id: state.id,
    kind: 'state',
    label: state.key,
    state,
    active: drawing.active.has(state.id),
    boxes: drawing.opened.has(state.id) ? drawInside(state, drawing) : [],
  };
}

function standIn(id: string, kind: BoxKind, label: string): Box {
  return { id, kind, label, state: null, active: false, boxes: [] };
}

function initialArrows(box: Box): readonly Arrow[] {
  if (box.kind !== 'initial') {
    return box.boxes.flatMap(initialArrows);
  }
  const to = box.id.slice(0, -INITIAL.length);
  return [{ from: box.id, to, kind: 'always', transitions: [] }];
}

function drawArrows(chart: Chart, frame: Frame): readonly Arrow[] {
  const arrows = new Map<string, Arrow>();
  for (const transition of withDescendants(chart.root).flatMap(({ transitions }) => transitions)) {
    for (const target of transition.targets) {
      const ends = endsOf(transition, target, frame);
      if (ends === null) {
        continue;
      }
      const key = `${ends.from} ${ends.to}`;
      const before = arrows.get(key);
      arrows.set(key, {
        ...ends,
        kind: before === undefined || before.kind === transition.kind ? transition.kind : 'event',
        transitions: [...(before?.transitions ?? []), transition],
      });
    }
  }
  return [...arrows.values()];
}

interface Frame {
  readonly scope: ChartState;
  readonly inside: ReadonlySet<string>;
  readonly opened: ReadonlySet<string>;
}

/** Between which boxes a transition is drawn, or null when it is not seen in this picture. */
function endsOf(
  transition: ChartTransition,
  target: string,
  frame: Frame,
): { readonly from: string; readonly to: string } | null {
  const { source } = transition;
  const isScope = source === frame.scope.id;
  const isSeen =
    frame.inside.has(source) || (frame.inside.has(target) && target !== frame.scope.id);
  if (!isSeen || (isScope && target === source)) {
    return null;
  }
  const from = boxOf(source, frame);
  const to = boxOf(target, frame);
  const isHidden = from === to && (from !== source || to !== target);
  if (isHidden) {
    return null;
  }
  const leadsInward = target.startsWith(`${source}.`);
  const end =
    isScope && transition.trigger === 'done' ? frame.scope.states.find(isFinal) : undefined;
  if (end !== undefined) {
    return { from: end.id, to };
  }
  return { from: isScope || leadsInward ? anyInside(source) : from, to };
}

function isFinal(state: ChartState): boolean {
  return state.kind === 'final';
}

/** The box in which a state is seen: its own, or the outermost one around it that is closed. */
function boxOf(id: string, { scope, opened }: Frame): string {
  const prefix = `${scope.id}.`;
  if (!id.startsWith(prefix)) {
    return id;
  }
  const keys = id.slice(prefix.length).split('.');
  const around = keys.map((_, index) => prefix + keys.slice(0, index + 1).join('.'));
  return around.find((box) => !opened.has(box)) ?? id;
}
