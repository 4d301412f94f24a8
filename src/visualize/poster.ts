import type { Chart, ChartState } from './chart.ts';
import type { Drawing } from './drawing.ts';
import { headingOf, rolesIn, textAt, writeCaption, writePanel, writeSvg } from './frame.ts';
import { writeLegend } from './legend.ts';

/** A part of a chart, and how it is drawn. */
export interface DrawnPart {
  readonly part: ChartState;
  readonly drawing: Drawing;
}

const MARGIN = 36;
const GAP = 20;
const LEGEND_SCALE = 1.6;

/**
 * One sheet with everything: the overview at the top, and below it a panel for each part, in the
 * order of the chart. Every arrow stays within its panel.
 */
export function composePoster(
  chart: Chart,
  overview: Drawing,
  parts: readonly DrawnPart[],
): string {
  const panels = [{ part: chart.root, drawing: overview }, ...parts].map((part) =>
    toPanel(chart, part),
  );
  const width = bestWidth(panels);
  let y = MARGIN + 78;
  const bodies = inRows(panels, width).flatMap((row) => {
    const written = writeRow(row, width, y);
    y += heightOf(row) + GAP;
    return written;
  });
  const legend = writeLegend(rolesIn(chart.root), width / LEGEND_SCALE);
  const bottom = y + legend.height * LEGEND_SCALE + 24;
  const body = [
    textAt({ x: MARGIN, y: MARGIN + 26 }, 'heading', `The ${chart.name} chart`),
    textAt({ x: MARGIN, y: MARGIN + 52 }, 'subtitle', chart.root.description ?? ''),
    ...bodies,
    `<g transform="translate(${MARGIN} ${y + 4}) scale(${LEGEND_SCALE})">\n${legend.body}</g>\n`,
    writeCaption(chart, { x: MARGIN, y: bottom }),
  ].join('');
  const height = bottom + MARGIN;
  return writeSvg(
    { chart, name: chart.name, state: chart.root },
    { width: width + 2 * MARGIN, height, body },
  );
}

/** The width at which the longer side of the sheet is shortest. */
function bestWidth(panels: readonly Panel[]): number {
  const least = Math.max(...panels.map(({ width }) => width));
  const longerSideAt = (width: number): number =>
    Math.max(
      width,
      inRows(panels, width).reduce((sum, row) => sum + heightOf(row) + GAP, 0),
    );
  const widths = Array.from({ length: 51 }, (_, step) => Math.round(least * (1 + step / 50)));
  return widths.reduce((best, width) => (longerSideAt(width) < longerSideAt(best) ? width : best));
}

interface Panel {
  readonly width: number;
  readonly height: number;
  readonly part: ChartState;
  readonly chart: Chart;
  readonly drawing: Drawing;
}

function toPanel(chart: Chart, { part, drawing }: DrawnPart): Panel {
  const { width, height } = writePanel(headingOf(chart, part), drawing);
  return { width, height, part, chart, drawing };
}

/** Panels below one another. */
type Column = readonly Panel[];

/** Columns beside one another. */
type Row = readonly Column[];

function widthOf(column: Column): number {
  return Math.max(...column.map(({ width }) => width));
}

function filledOf(column: Column): number {
  return column.reduce((sum, { height }) => sum + height, 0) + GAP * (column.length - 1);
}

function heightOf(row: Row): number {
  return Math.max(...row.map(filledOf));
}

/** How much a row may grow in height to take one more panel into its last column. */
const GROWTH = 1.15;

/**
 * Fills row after row, column after column: no panel is put before one that the chart declares
 * earlier.
 */
function inRows(panels: readonly Panel[], width: number): readonly Row[] {
  const rows: Panel[][][] = [];
  for (const panel of panels) {
    const row = rows.at(-1);
    const column = row?.at(-1);
    const used = (row ?? []).reduce((sum, one) => sum + widthOf(one) + GAP, 0);
    const isBelow =
      row !== undefined &&
      column !== undefined &&
      filledOf(column) + GAP + panel.height <= heightOf(row) * GROWTH &&
      used - GAP + Math.max(0, panel.width - widthOf(column)) <= width;
    if (isBelow) {
      column.push(panel);
    } else if (row !== undefined && used + panel.width <= width) {
      row.push([panel]);
    } else {
      rows.push([[panel]]);
    }
  }
  return rows;
}

/** Columns share what is left of the width, and a column's panels what is left of the height. */
function writeRow(row: Row, width: number, top: number): readonly string[] {
  const free = width - row.reduce((sum, column) => sum + widthOf(column) + GAP, -GAP);
  const height = heightOf(row);
  let x = MARGIN;
  return row.flatMap((column) => {
    const columnWidth = Math.floor(widthOf(column) + free / row.length);
    const stretch = (height - filledOf(column)) / column.length;
    let y = top;
    const written = column.map((panel) => {
      const panelHeight = Math.floor(panel.height + stretch);
      const text = writeCard(panel, { x, y, width: columnWidth, height: panelHeight });
      y += panelHeight + GAP;
      return text;
    });
    x += columnWidth + GAP;
    return written;
  });
}

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function writeCard({ chart, part, drawing }: Panel, { x, y, width, height }: Rectangle): string {
  const { body } = writePanel(headingOf(chart, part), drawing, width);
  const card = `<rect class="card" width="${width}" height="${height}" rx="12"/>\n`;
  const state = part.id === chart.root.id ? '' : ` data-state="${part.id}"`;
  return `<g class="panel"${state} transform="translate(${x} ${y})">\n${card}${body}</g>\n`;
}
