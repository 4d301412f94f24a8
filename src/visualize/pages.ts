import { type Chart, type ChartState, shortId, withDescendants } from './chart.ts';
import { definitionHash } from './definition-hash.ts';
import { renderMermaid } from './mermaid.ts';
import type { View } from './picture.ts';
import { palettes } from './roles.ts';
import { renderStateTable, renderTransitionTable } from './table.ts';

const GENERATED =
  '<!-- Written by `npm run visualize` from the charts in machines/. Do not edit. -->';

/** States with an inside, each of which has a picture: regions rather than what holds them. */
export function partsOf(chart: Chart): readonly ChartState[] {
  return withDescendants(chart.root).filter(
    ({ id, kind }) => kind === 'compound' && id !== chart.root.id,
  );
}

/**
 * How a part is shown: all of it, or without the inside of states that have a picture themselves.
 */
export function viewOf(part: ChartState): View {
  const hasParts = part.states.some(({ states }) => states.length > 0);
  return { scope: part.id, ...(hasParts ? { levels: 1 } : {}) };
}

/** How a chart is shown at a glance. */
export const overview: View = { levels: 2 };

/** The file, in `visualizations/`, of the picture of a part, of the overview, or of everything. */
export function pictureFile(chart: Chart, picture: ChartState | 'overview' | 'everything'): string {
  if (picture === 'everything') {
    return `${chart.name}.svg`;
  }
  const part = picture === 'overview' ? 'overview' : shortId(chart, picture.id);
  return `${chart.name}.${part}.svg`;
}

/** The page of one chart. */
export function renderChartPage(chart: Chart): string {
  const parts = partsOf(chart).map((part) => {
    const name = shortId(chart, part.id);
    return `### ${name}\n\n${part.description ?? ''}\n\n![${name}](${pictureFile(chart, part)})\n`;
  });
  return [
    GENERATED,
    `# The ${chart.name} chart\n`,
    `${chart.root.description ?? ''}\n`,
    `Definition hash: \`${definitionHash(chart)}\`. ${sizeOf(chart)} [Legend](README.md#legend).\n`,
    '## At a glance\n',
    `![The ${chart.name} chart, two levels deep](${pictureFile(chart, 'overview')})\n`,
    ...(parts.length === 0 ? [] : ['## Part by part\n', ...parts]),
    '## States\n',
    renderStateTable(chart),
    '## Transitions\n',
    'Where several transitions of one state take the same event, the first whose guard holds is taken.\n',
    renderTransitionTable(chart),
    '## Everything in one picture\n',
    `![The whole ${chart.name} chart](${pictureFile(chart, 'everything')})\n`,
    `As text: [${chart.name}.mmd](${chart.name}.mmd).\n`,
  ].join('\n');
}

/** The Mermaid file of one chart. */
export function renderMermaidFile(chart: Chart): string {
  return `%% ${chart.name}, definition ${definitionHash(chart)}\n${renderMermaid(chart)}`;
}

/** The front page of `visualizations/`. */
export function renderIndex(charts: readonly Chart[]): string {
  const sections = charts.map((chart) =>
    [
      `## [${chart.name}](${chart.name}.md)\n`,
      `${chart.root.description ?? ''} ${sizeOf(chart)}\n`,
      `[![The ${chart.name} chart](${pictureFile(chart, 'overview')})](${chart.name}.md)\n`,
      `Definition hash \`${definitionHash(chart).slice(0, 12)}\` · `.concat(
        `[states and transitions](${chart.name}.md) · [as Mermaid](${chart.name}.mmd) · `,
        `[everything in one picture](${pictureFile(chart, 'everything')})\n`,
      ),
    ].join('\n'),
  );
  return [GENERATED, '# The charts\n', INTRODUCTION, ...sections, LEGEND].join('\n');
}

function sizeOf(chart: Chart): string {
  const states = withDescendants(chart.root).slice(1);
  const transitions = [chart.root, ...states].flatMap((state) => state.transitions);
  return `${states.length} states, ${transitions.length} transitions.`;
}

const INTRODUCTION = `These pages are made from the statecharts that e2d runs: \`npm run visualize\` writes them, and
\`npm test\` fails when they differ from the charts. Rules in brackets, such as (S11), are those of
[docs/safety.md](../docs/safety.md).
`;

const LEGEND = `## Legend

${Object.values(palettes)
  .map(({ colour, meaning }) => `- ${colour} box: ${meaning}`)
  .join('\n')}
- red arrow: an error; dashed amber arrow: a time-out
- dashed grey box: any state of the box around it, or a state outside the picture
- thick yellow box: active, where a picture shows one moment
- rest the pointer on a box or an arrow, in the SVG itself, to read what it means
`;
