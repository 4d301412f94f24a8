import type { InspectReport } from '../../machines/inspect-report.ts';
import type { Chart } from '../visualize/chart.ts';
import { renderDot } from '../visualize/dot.ts';
import { highlightSvg } from '../visualize/highlight.ts';
import { renderMermaid } from '../visualize/mermaid.ts';
import { readPicture } from '../visualize/pictures.ts';
import { pictureName } from '../visualize/views.ts';

export const pictureFormats = ['mermaid', 'dot', 'svg'] as const;
export type PictureFormat = (typeof pictureFormats)[number];

/** The chart with the active states highlighted. Throws `E2D_NO_PICTURE`. */
export async function renderLivePicture(
  format: PictureFormat,
  chart: Chart,
  report: InspectReport,
): Promise<string> {
  const active = new Set(report.active.map(({ id }) => id));
  if (format === 'mermaid') return renderMermaid(chart, { active });
  if (format === 'dot') return renderDot(chart, { active });
  const picture = await readPicture(pictureName(chart, 'poster'));
  return highlightSvg(picture, active, { caption: captionOf(report) });
}

function captionOf({ node, askedAt, decision }: InspectReport): string {
  const why = decision === null ? '' : `: ${decision.reason} (rule ${decision.rule})`;
  return `Node ${node.name} at ${askedAt}${why}`;
}
