import { palettes } from './roles.ts';

/** Texts that show when the pointer rests on a box or an arrow, by the title Graphviz gives it. */
export type Tooltips = ReadonlyMap<string, string>;

/** Colours, fonts and tooltips for what Graphviz drew, and nothing in it that varies by version. */
export function decorate(svg: string, tooltips: Tooltips): string {
  const drawing = svg
    .slice(svg.indexOf('<svg'))
    .replace(/<!--[\s\S]*?-->\n?/g, '')
    .replace(/ font-family="[^"]*"/g, '')
    .replace(/(<svg width="[\d.]+)pt(" height="[\d.]+)pt"/, '$1px$2px"')
    .replace(/<title>state transitions<\/title>\n/, `<style>\n${STYLE}</style>\n`)
    .replace(/<g [^>]*class="node [\s\S]*?<\/g>/g, framesBehindWords)
    .replace(/<title>([\s\S]*?)<\/title>\n/g, (_, title: string) => {
      const text = tooltips.get(unescapeXml(title));
      return text === undefined ? '' : `<title>${escapeXml(text)}</title>\n`;
    });
  return drawing.endsWith('\n') ? drawing : `${drawing}\n`;
}

/** Graphviz draws a box's frame after its words: filled, it would hide them. */
function framesBehindWords(node: string): string {
  const lines = node.split('\n').filter((line) => !line.includes('fill-opacity="0.003922"'));
  const isWord = (line: string): boolean => line.startsWith('<text');
  const end = lines.slice(-1);
  const body = lines.slice(0, -1);
  return [...body.filter((line) => !isWord(line)), ...body.filter(isWord), ...end].join('\n');
}

function unescapeXml(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const ROLE_STYLE = Object.entries(palettes)
  .map(
    ([role, { fill, stroke }]) =>
      `.node.${role} path { fill: ${fill}; stroke: ${stroke} }\n` +
      `.cluster.${role} path, .cluster.${role} polygon { stroke: ${stroke} }\n`,
  )
  .join('');

const STYLE = `text { font-family: Helvetica, Arial, "Liberation Sans", sans-serif; fill: #0f172a }
.node path, .node polygon { stroke-width: 1.3 }
.node text { fill: #475569; font-size: 9.5px }
.node text:first-of-type, .cluster text:first-of-type { fill: #0f172a; font-size: 11.5px; font-weight: 600 }
.cluster path, .cluster polygon { fill: #94a3b8; fill-opacity: 0.07; stroke-width: 1.3 }
${ROLE_STYLE}.node.elsewhere path, .node.any path { fill: none; stroke: #94a3b8; stroke-dasharray: 4 3 }
.node.elsewhere text:first-of-type, .node.any text:first-of-type { fill: #64748b; font-weight: 400 }
.node.active path { stroke-width: 4; fill: #fde68a }
.cluster.active path, .cluster.active polygon { stroke-width: 3; fill: #fde68a; fill-opacity: 0.35 }
.edge path { stroke: #64748b }
.edge polygon { fill: #64748b; stroke: #64748b }
.edge text { fill: #334155; font-size: 9.5px }
.edge.error path { stroke: #dc2626 }
.edge.error polygon { fill: #dc2626; stroke: #dc2626 }
.edge.error text { fill: #b91c1c }
.edge.delay path { stroke: #d97706; stroke-dasharray: 5 3 }
.edge.delay polygon { fill: #d97706; stroke: #d97706 }
.edge.delay text { fill: #b45309 }
`;
