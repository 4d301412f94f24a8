import type { NodeContext } from '../../machines/node/context.ts';
import { E2dError, textOf } from '../errors/e2d-error.ts';
import { writeFileAtomically } from '../etcd/data-dir/atomic-file.ts';
import { activeStates } from '../journal/replay/state-paths.ts';
import type { Instant, Timeline } from '../journal/replay/timeline.ts';
import type { Chart } from '../visualize/chart.ts';
import { highlightSvg } from '../visualize/highlight.ts';
import { renderMermaid } from '../visualize/mermaid.ts';
import { readPicture } from '../visualize/pictures.ts';
import { pictureName } from '../visualize/views.ts';

/** A picture shows one node: says so where the logs are of several. */
export function refuseSeveralNodes({ runs }: Timeline): void {
  const nodes = [...new Set(runs.map(({ node }) => node))];
  if (nodes.length < 2) return;
  throw new E2dError(`A picture shows one node, and these logs are of ${nodes.join(', ')}.`, {
    code: 'E2D_BAD_CONFIG',
    exit: 2,
    remedy: 'Give the logs of one of them.',
  });
}

/** The chart with the states marked that the log says were active at that entry. */
export async function pictureAt(
  format: 'mermaid' | 'svg',
  chart: Chart,
  { instant, decision }: { readonly instant: Instant; readonly decision: NodeContext['decision'] },
): Promise<string> {
  const { run, entry, wallMs } = instant;
  const active = activeStates(chart.name, entry.state);
  if (format === 'mermaid') return renderMermaid(chart, { active });
  const why = decision === null ? '' : `: ${decision.reason} (rule ${decision.rule})`;
  const caption = `Node ${run.label} at ${new Date(wallMs).toISOString()}, entry ${entry.seq}${why}`;
  return highlightSvg(await readPicture(pictureName(chart, 'poster')), active, { caption });
}

/** @throws E2dError when the file cannot be written. */
export async function writePicture(file: string, drawn: string): Promise<void> {
  try {
    await writeFileAtomically(file, drawn);
  } catch (error) {
    throw new E2dError(`The picture cannot be written to ${file} (${textOf(error)}).`, {
      code: 'E2D_OUTPUT_FILE',
      remedy: 'Name a file in a folder that this user can write to.',
      cause: error,
    });
  }
}
