import type { AnyStateMachine } from 'xstate';
import type { Chart } from './chart.ts';
import {
  overview,
  partsOf,
  pictureFile,
  renderChartPage,
  renderIndex,
  renderMermaidFile,
  viewOf,
} from './pages.ts';
import { readChart } from './read-chart.ts';
import { renderSvg } from './svg.ts';

/** Everything that belongs into `visualizations/`: the text of each file by its name. */
export async function generateFiles(
  machines: Readonly<Record<string, AnyStateMachine>>,
): Promise<ReadonlyMap<string, string>> {
  const charts = Object.entries(machines).map(([name, machine]) => readChart(name, machine));
  const files = await Promise.all(charts.map(filesOf));
  return new Map([['README.md', renderIndex(charts)], ...files.flat()]);
}

async function filesOf(chart: Chart): Promise<readonly (readonly [string, string])[]> {
  const parts = partsOf(chart).map(
    async (part) => [pictureFile(chart, part), await renderSvg(chart, viewOf(part))] as const,
  );
  return [
    [`${chart.name}.md`, renderChartPage(chart)],
    [`${chart.name}.mmd`, renderMermaidFile(chart)],
    [pictureFile(chart, 'overview'), await renderSvg(chart, overview)],
    [pictureFile(chart, 'everything'), await renderSvg(chart)],
    ...(await Promise.all(parts)),
  ];
}
