import { z } from 'zod';
import { loadValues } from '../../config/load-config.ts';
import { controlSocketOf, resolvePaths } from '../../config/paths.ts';
import { thisMachine } from '../../config/surroundings.ts';
import { E2dError } from '../../errors/e2d-error.ts';
import type { GossipKeysReport } from '../../node/gossip-keys.ts';
import type { Invocation } from '../command.ts';
import { askNode } from '../control-client.ts';
import { helpOf, isOn, ownFlag } from '../own-flags.ts';

const reportSchema = z.object({
  source: z.string().nullable(),
  ids: z.array(z.string()),
  problem: z.string().nullable(),
});

export async function run(invocation: Invocation): Promise<number> {
  const { command, flags, terminal } = invocation;
  const surroundings = thisMachine();
  const values = await loadValues({ help: helpOf(command), flags }, surroundings);
  const { stateDir } = resolvePaths(values, surroundings);
  const timeoutMs = Number(ownFlag('timeout', invocation));
  const socket = controlSocketOf(stateDir);
  const answer = await askNode(socket, { method: 'gossipKeys' }, { timeoutMs });
  const report = reportSchema.safeParse(answer);
  if (!report.success) throw otherVersion(stateDir);
  const asJson = isOn('json', invocation);
  terminal.out(asJson ? `${JSON.stringify(report.data, null, 2)}\n` : renderKeys(report.data));
  return 0;
}

export function renderKeys({ source, ids, problem }: GossipKeysReport): string {
  if (source === null) return 'Gossip is not encrypted.\n';
  const lines = ids.map((id, index) => `${id}  ${index === 0 ? 'sends and accepts' : 'accepts'}`);
  const trouble = problem === null ? [] : [`They stay as they were: ${problem}`];
  return `${[`Keys of ${source}:`, ...lines, ...trouble].join('\n')}\n`;
}

function otherVersion(stateDir: string): E2dError {
  return new E2dError(`The e2d of ${stateDir} reports in a form that this e2d does not know.`, {
    code: 'E2D_CONTROL_MISMATCH',
    remedy: 'Use the version of e2d that runs there: its log says which.',
  });
}
