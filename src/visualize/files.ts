import type { AnyStateMachine } from 'xstate';
import type { Chart } from './chart.ts';
import { renderChartPage, renderIndex, renderMermaidFile } from './pages.ts';
import { readChart } from './read-chart.ts';
import { renderPictures } from './svg.ts';

/** Everything that belongs into `visualizations/`: the text of each file by its name. */
export async function generateFiles(
  machines: Readonly<Record<string, AnyStateMachine>>,
): Promise<ReadonlyMap<string, string>> {
  const charts = Object.entries(machines).map(([name, machine]) => readChart(name, machine));
  const files = await Promise.all(charts.map(filesOf));
  return new Map([['README.md', renderIndex(charts)], ...files.flat()]);
}

async function filesOf(chart: Chart): Promise<readonly (readonly [string, string])[]> {
  const pictures = await renderPictures(chart);
  return [
    [`${chart.name}.md`, renderChartPage(chart)],
    [`${chart.name}.mmd`, renderMermaidFile(chart)],
    ...[...pictures].map(([name, svg]) => [`${name}.svg`, svg] as const),
  ];
}
