import { loadValues } from '../../config/load-config.ts';
import { controlSocketOf, resolvePaths } from '../../config/paths.ts';
import { thisMachine } from '../../config/surroundings.ts';
import { E2dError } from '../../errors/e2d-error.ts';
import type { Invocation } from '../command.ts';
import { askNode } from '../control-client.ts';
import { helpOf, isOn, ownFlag } from '../own-flags.ts';
import { renderStatus } from '../render-status.ts';
import { isStatusReport } from '../status-shape.ts';

export async function run(invocation: Invocation): Promise<number> {
  const { command, flags, terminal } = invocation;
  const surroundings = thisMachine();
  const values = await loadValues({ help: helpOf(command), flags }, surroundings);
  const { stateDir } = resolvePaths(values, surroundings);
  const timeoutMs = Number(ownFlag('timeout', invocation));
  const report = await askNode(controlSocketOf(stateDir), { method: 'status' }, { timeoutMs });
  if (!isStatusReport(report)) {
    throw new E2dError(`The e2d of ${stateDir} reports in a form that this e2d does not know.`, {
      code: 'E2D_CONTROL_MISMATCH',
      remedy: 'Use the version of e2d that runs there: its log says which.',
    });
  }
  const asJson = isOn('json', invocation);
  terminal.out(asJson ? `${JSON.stringify(report, null, 2)}\n` : renderStatus(report));
  return 0;
}
