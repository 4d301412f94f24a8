import { type Chart, type ChartState, shortId, withDescendants } from './chart.ts';
import type { View } from './picture.ts';

/**
 * How a chart is shown at a glance: opened down to the state whose regions run in parallel.
 */
export function overviewOf(chart: Chart): View {
  const opened = withDescendants(chart.root)
    .filter(({ states }) => states.flatMap(withDescendants).some(isParallel))
    .map(({ id }) => id);
  return { opened: new Set(opened) };
}

function isParallel({ kind }: ChartState): boolean {
  return kind === 'parallel';
}

/**
 * The states that the overview leaves closed though they have an inside: each is a panel of the
 * poster, and has a picture of its own.
 */
export function partsOf(chart: Chart): readonly ChartState[] {
  const { opened } = overviewOf(chart);
  const visit = (state: ChartState): readonly ChartState[] => {
    if (state.id !== chart.root.id && opened?.has(state.id) !== true) {
      return isShownByRegions(state) ? state.states : hasInside(state) ? [state] : [];
    }
    return state.states.flatMap(visit);
  };
  return visit(chart.root);
}

/** Regions with an inside have a picture each; a region without one needs those around it. */
function isShownByRegions(state: ChartState): boolean {
  return isParallel(state) && state.states.every(hasInside);
}

function hasInside({ states }: ChartState): boolean {
  return states.length > 0;
}

/** A part with all that is inside it. */
export function viewOf(part: ChartState): View {
  return { scope: part.id };
}

/** The name, in `visualizations/` and without `.svg`, of a picture. The poster has the chart's. */
export function pictureName(chart: Chart, picture: ChartState | 'overview' | 'poster'): string {
  if (picture === 'poster') {
    return chart.name;
  }
  const part = picture === 'overview' ? 'overview' : shortId(chart, picture.id);
  return `${chart.name}.${part}`;
}
