import { once } from 'node:events';
import { charts } from '../../../machines/index.ts';
import { rules } from '../../../machines/rules.ts';
import type { AskReport } from '../../inspect-page/live-reports.ts';
import { type PageFile, readPageFiles } from '../../inspect-page/page-files.ts';
import { startPageServer } from '../../inspect-page/page-server.ts';
import type { Chart, ChartState } from '../../visualize/chart.ts';
import { definitionHash } from '../../visualize/definition-hash.ts';
import { readPicture } from '../../visualize/pictures.ts';
import { readChart } from '../../visualize/read-chart.ts';
import { partsOf, pictureName } from '../../visualize/views.ts';
import type { Terminal } from '../terminal.ts';

export interface Inspection {
  readonly ask: AskReport;
  /** 0 lets the system choose one. */
  readonly port: number;
  readonly terminal: Terminal;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Serves the page of `e2d inspect --web` until the signal aborts, and gives the exit code. Throws
 * `E2D_PORT_TAKEN` and `E2D_PAGE_SERVER`.
 */
export async function serveInspection(inspection: Inspection): Promise<number> {
  const { ask, port, terminal, signal } = inspection;
  if (signal.aborted) return 0;
  const chart = readChart('node', charts.node);
  const files = new Map([...(await readPageFiles()), ...(await chartFiles(chart))]);
  const server = await startPageServer({ files, ask, port });
  terminal.out(`${server.entrance}\n`);
  terminal.err('Open it in a browser on this machine: it works once. Ctrl-C ends it.\n');
  if (!signal.aborted) await once(signal, 'abort');
  await server.close();
  return 0;
}

/** The chart as data, and its pictures: at a glance, and each part that has one of its own. */
async function chartFiles(chart: Chart): Promise<readonly [string, PageFile][]> {
  const parts: readonly (ChartState | 'overview')[] = ['overview', ...partsOf(chart)];
  const pictures = parts.map((part) => ({
    file: `${pictureName(chart, part)}.svg`,
    state: part === 'overview' ? chart.root.id : part.id,
    isOverview: part === 'overview',
  }));
  const described = { chart, definitionHash: definitionHash(chart), pictures, rules };
  const json = { type: 'application/json; charset=utf-8', body: JSON.stringify(described) };
  const drawn = parts.map(async (part): Promise<[string, PageFile]> => {
    const name = pictureName(chart, part);
    const type = 'image/svg+xml; charset=utf-8';
    return [`/${name}.svg`, { type, body: await readPicture(name) }];
  });
  return [['/chart.json', json], ...(await Promise.all(drawn))];
}
