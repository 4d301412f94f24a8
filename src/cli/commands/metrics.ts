import { chmod } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { StatusReport } from '../../../machines/status-report.ts';
import { loadValues } from '../../config/load-config.ts';
import { thisMachine } from '../../config/surroundings.ts';
import { E2dError, textOf } from '../../errors/e2d-error.ts';
import { writeFileAtomically } from '../../etcd/data-dir/atomic-file.ts';
import { askStatus } from '../ask-reports.ts';
import type { Invocation } from '../command.ts';
import { metricsText } from '../metrics-text.ts';
import { helpOf, ownFlag } from '../own-flags.ts';
import { presentError } from '../present-error.ts';
import { nodeAddressOf } from '../remote-node.ts';

/** That e2d is down is an answer too: it is told as `e2d_up 0`. */
export async function run(invocation: Invocation): Promise<number> {
  const { command, flags, terminal } = invocation;
  const surroundings = thisMachine();
  const values = await loadValues({ help: helpOf(command), flags }, surroundings);
  const node = await nodeAddressOf(invocation, values, surroundings);
  const timeoutMs = Number(ownFlag('timeout', invocation));
  let report: StatusReport | null = null;
  try {
    report = await askStatus(node, { timeoutMs });
  } catch (problem) {
    if (!isDown(problem)) throw problem;
    terminal.err(presentError(problem, { verbose: false }));
  }
  const text = metricsText(report);
  const output = ownFlag('output', invocation);
  if (typeof output === 'string') await write(resolve(surroundings.cwd, output), text);
  else terminal.out(text);
  return 0;
}

function isDown(problem: unknown): boolean {
  return (
    problem instanceof E2dError &&
    ['E2D_NOT_RUNNING', 'E2D_CONTROL_TIMEOUT', 'E2D_CONTROL_FAILED'].includes(problem.code)
  );
}

/** As a whole, and readable by the collector, which is another user. */
async function write(path: string, text: string): Promise<void> {
  try {
    await writeFileAtomically(path, text);
    await chmod(path, 0o644);
  } catch (cause) {
    throw new E2dError(`The metrics cannot be written to ${path} (${textOf(cause)}).`, {
      code: 'E2D_OUTPUT_FILE',
      remedy: 'Name a file in a folder that this user can write to.',
      cause,
    });
  }
}
