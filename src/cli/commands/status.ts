import { loadValues } from '../../config/load-config.ts';
import { thisMachine } from '../../config/surroundings.ts';
import { askStatus } from '../ask-reports.ts';
import type { Invocation } from '../command.ts';
import { helpOf, isOn, ownFlag } from '../own-flags.ts';
import { nodeAddressOf } from '../remote-node.ts';
import { renderStatus } from '../render-status.ts';

export async function run(invocation: Invocation): Promise<number> {
  const { command, flags, terminal } = invocation;
  const surroundings = thisMachine();
  const values = await loadValues({ help: helpOf(command), flags }, surroundings);
  const node = await nodeAddressOf(invocation, values, surroundings);
  const report = await askStatus(node, { timeoutMs: Number(ownFlag('timeout', invocation)) });
  const asJson = isOn('json', invocation);
  terminal.out(asJson ? `${JSON.stringify(report, null, 2)}\n` : renderStatus(report));
  return 0;
}
