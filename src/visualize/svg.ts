import { Graphviz } from '@hpcc-js/wasm-graphviz';
import { annotate } from './annotate.ts';
import type { Chart } from './chart.ts';
import { writeDot } from './dot.ts';
import type { Drawing } from './drawing.ts';
import { framePicture } from './frame.ts';
import { drawPicture, type View } from './picture.ts';
import { composePoster } from './poster.ts';
import { overviewOf, partsOf, pictureName, viewOf } from './views.ts';

/**
 * Draws every picture of a chart: SVG text by the picture's name. The same chart gives the same
 * bytes on every machine, as Graphviz is compiled to WebAssembly and never the installed one.
 */
export async function renderPictures(chart: Chart): Promise<ReadonlyMap<string, string>> {
  const graphviz = await Graphviz.load();
  const overview = drawView(graphviz, chart, overviewOf(chart));
  const parts = partsOf(chart).map((part) => ({
    part,
    drawing: drawView(graphviz, chart, viewOf(part)),
  }));
  const poster = composePoster(chart, overview, parts);
  return new Map([
    [pictureName(chart, 'poster'), poster],
    [
      pictureName(chart, 'overview'),
      framePicture({ chart, name: pictureName(chart, 'overview'), state: chart.root }, overview),
    ],
    ...parts.map(({ part, drawing }): [string, string] => {
      const name = pictureName(chart, part);
      return [name, framePicture({ chart, name, state: part }, drawing)];
    }),
  ]);
}

/** From top to bottom, unless that comes out very flat. */
const FLAT = 3;

function drawView(graphviz: Graphviz, chart: Chart, view: View): Drawing {
  const picture = drawPicture(chart, view);
  const dot = writeDot(picture, view.opened !== undefined);
  const upright = readLayout(graphviz.dot(dot, 'svg'));
  const layout =
    upright.width / upright.height > FLAT
      ? readLayout(graphviz.dot(dot.replace('graph [', 'graph [rankdir=LR, '), 'svg'))
      : upright;
  return { ...layout, body: annotate(layout.body, picture) };
}

/** Takes the drawing out of the SVG that Graphviz has written, without its paper. */
function readLayout(svg: string): Drawing {
  const [, width, height] = /<svg width="([\d.]+)pt" height="([\d.]+)pt"/.exec(svg) ?? [];
  const [, x, y] = /translate\(([\d.]+) ([\d.]+)\)/.exec(svg) ?? [];
  const start = svg.indexOf('<polygon fill="white" stroke="none"');
  const body = svg.slice(svg.indexOf('\n', start) + 1, svg.lastIndexOf('</g>'));
  return {
    width: Math.ceil(Number(width)),
    height: Math.ceil(Number(height)),
    body: `<g transform="translate(${x} ${y})">\n${body}</g>\n`,
  };
}
