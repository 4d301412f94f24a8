import { type Chart, type ChartState, shortId, withDescendants } from './chart.ts';
import { definitionHash } from './definition-hash.ts';
import type { Drawing } from './drawing.ts';
import { wrapped } from './labels.ts';
import { writeLegend } from './legend.ts';
import { type Role, roleOf } from './roles.ts';
import { STYLE } from './svg-style.ts';
import { escapeXml } from './xml.ts';

/** What a picture is of. */
export interface Subject {
  readonly chart: Chart;
  /** The picture's name: its file's, without `.svg`. */
  readonly name: string;
  readonly state: ChartState;
}

const MARGIN = 20;

/** A whole picture: a drawing with a heading over it, and below it a legend and a caption. */
export function framePicture(subject: Subject, drawing: Drawing): string {
  const { chart, state } = subject;
  const panel = writePanel(headingOf(chart, state), drawing);
  const legend = writeLegend(rolesIn(state), panel.width - 2 * MARGIN);
  const width = Math.max(panel.width, legend.width + 2 * MARGIN);
  return writeSvg(subject, {
    width,
    height: panel.height + legend.height + 30,
    body: [
      panel.body,
      `<g transform="translate(${MARGIN} ${panel.height})">\n${legend.body}</g>\n`,
      writeCaption(chart, { x: MARGIN, y: panel.height + legend.height + 14 }),
    ].join(''),
  });
}

export interface Heading {
  readonly title: string;
  readonly subtitle: string;
}

export function headingOf(chart: Chart, state: ChartState): Heading {
  const isRoot = state.id === chart.root.id;
  return {
    title: isRoot ? `${chart.name} at a glance` : shortId(chart, state.id),
    subtitle: state.description ?? '',
  };
}

/** A drawing with a heading over it and a margin around both, of a width of at least `atLeast`. */
export function writePanel({ title, subtitle }: Heading, drawing: Drawing, atLeast = 340): Drawing {
  const width = Math.max(drawing.width + 2 * MARGIN, title.length * 9 + 2 * MARGIN, atLeast);
  const lines = wrapped(subtitle, Math.floor((width - 2 * MARGIN) / 6.2));
  const top = MARGIN + 30 + lines.length * 15;
  return {
    width,
    height: top + drawing.height + MARGIN,
    body: [
      textAt({ x: MARGIN, y: MARGIN + 14 }, 'heading', title),
      ...lines.map((line, row) =>
        textAt({ x: MARGIN, y: MARGIN + 34 + row * 15 }, 'subtitle', line),
      ),
      `<g transform="translate(${round((width - drawing.width) / 2)} ${top})">\n`,
      `${drawing.body}</g>\n`,
    ].join(''),
  };
}

/** Says which chart, and which version of it, a picture shows. */
export function writeCaption(chart: Chart, place: Place): string {
  const short = definitionHash(chart).slice(0, 12);
  return textAt(place, 'caption', `e2d · chart ${chart.name} · definition ${short}`);
}

export function writeSvg({ chart, name, state }: Subject, drawing: Drawing): string {
  const [width, height] = [Math.ceil(drawing.width), Math.ceil(drawing.height)];
  const isPoster = name === chart.name;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" `,
    `viewBox="0 0 ${width} ${height}" role="img" class="${isPoster ? 'poster' : 'picture'}" `,
    `data-chart="${chart.name}" data-picture="${name}" data-state="${state.id}" `,
    `data-definition-hash="${definitionHash(chart)}">\n`,
    `<title>${escapeXml(`${name}: ${state.description ?? ''}`)}</title>\n`,
    `<style>\n${STYLE}</style>\n`,
    `<rect class="paper" width="${width}" height="${height}"/>\n`,
    `${drawing.body}</svg>\n`,
  ].join('');
}

export interface Place {
  readonly x: number;
  readonly y: number;
}

export function textAt({ x, y }: Place, kind: string, text: string): string {
  return `<text class="${kind}" x="${round(x)}" y="${round(y)}">${escapeXml(text)}</text>\n`;
}

export function rolesIn(state: ChartState): ReadonlySet<Role> {
  return new Set(withDescendants(state).slice(1).map(roleOf));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
