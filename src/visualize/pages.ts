import { type Chart, shortId, withDescendants } from './chart.ts';
import { definitionHash } from './definition-hash.ts';
import { renderMermaid } from './mermaid.ts';
import { palettes } from './roles.ts';
import { renderStateTable, renderTransitionTable } from './table.ts';
import { partsOf, pictureName } from './views.ts';

const GENERATED =
  '<!-- Written by `npm run visualize` from the charts in machines/. Do not edit. -->';

/** The page of one chart: what its states mean, and every transition. */
export function renderChartPage(chart: Chart): string {
  const hash = definitionHash(chart);
  return [
    GENERATED,
    `# The ${chart.name} chart in tables\n`,
    `${chart.root.description ?? ''} ${sizeOf(chart)} Definition hash: \`${hash}\`.\n`,
    '[Pictures of it](README.md).\n',
    '## States\n',
    renderStateTable(chart),
    '## Transitions\n',
    ABOUT_TRANSITIONS,
    renderTransitionTable(chart),
  ].join('\n');
}

const ABOUT_TRANSITIONS = `Every transition, those without an event (\`always\`), after a time (\`after\`) and at the end of a
task (\`done\`, \`error\`) included. Where several of one state take the same event, the first whose
guard holds is taken. The effects are what it notes down, and then what runs because of it.
`;

/** The Mermaid file of one chart. */
export function renderMermaidFile(chart: Chart): string {
  return `%% ${chart.name}, definition ${definitionHash(chart)}\n${renderMermaid(chart)}`;
}

/** The front page of `visualizations/`: every picture, with what it shows. */
export function renderIndex(charts: readonly Chart[]): string {
  return [GENERATED, '# The charts\n', INTRODUCTION, ...charts.map(sectionOf), LEGEND].join('\n');
}

function sectionOf(chart: Chart): string {
  const { name } = chart;
  const parts = partsOf(chart).map((part) => {
    const short = shortId(chart, part.id);
    return `#### ${short}\n\n${part.description ?? ''}\n\n${embed(short, pictureName(chart, part))}`;
  });
  return [
    `## ${name}\n`,
    `${chart.root.description ?? ''} ${sizeOf(chart)}\n`,
    `Definition hash \`${definitionHash(chart).slice(0, 12)}\` · `.concat(
      `[states](${name}.md#states) · [transitions](${name}.md#transitions) · `,
      `[as Mermaid](${name}.mmd)\n`,
    ),
    '### At a glance\n',
    'The way from start to end; what is in a box without an inside is shown further down.\n',
    embed(`The ${name} chart at a glance`, pictureName(chart, 'overview')),
    ...(parts.length === 0 ? [] : ['### Part by part\n', ...parts]),
    '### The poster\n',
    'All of it on one sheet, to put on a wall.\n',
    embed(`The ${name} chart, every part`, pictureName(chart, 'poster')),
  ].join('\n');
}

/** A picture that leads to itself in full size. */
function embed(alternative: string, picture: string): string {
  return `[![${alternative}](${picture}.svg)](${picture}.svg)\n`;
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
- red arrow: something failed; dashed amber arrow: after a time
- dashed grey box: any state of the box around it, or a state outside the picture
- yellow box: active, where a picture shows one moment
- rest the pointer on a box or an arrow, in the SVG itself, to read what it means
`;
