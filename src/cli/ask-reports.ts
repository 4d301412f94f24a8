import type { InspectReport } from '../../machines/inspect-report.ts';
import type { StatusReport } from '../../machines/status-report.ts';
import { controlSocketOf } from '../config/paths.ts';
import { E2dError } from '../errors/e2d-error.ts';
import { type AskOptions, askNode } from './control-client.ts';
import { isInspectReport } from './inspect-shape.ts';
import { type NodeAddress, placeOf, type RemoteNode } from './remote-node.ts';
import { isStatusReport } from './status-shape.ts';

/**
 * Asks an e2d, of a state dir or elsewhere, how it is. Throws as `askNode`, and
 * `E2D_CONTROL_MISMATCH`.
 */
export async function askStatus(node: NodeAddress, options: AskOptions): Promise<StatusReport> {
  const report = await askNode(wayTo(node), { method: 'status' }, options);
  if (isStatusReport(report)) return report;
  throw otherVersion(node);
}

export interface InspectionOptions extends AskOptions {
  /** Only what happened after the step with this number; absent for all that is kept. */
  readonly since?: number;
}

/** Asks for the live chart. Throws as `askNode`, and `E2D_CONTROL_MISMATCH`. */
export async function askInspection(
  node: NodeAddress,
  { since, ...options }: InspectionOptions,
): Promise<InspectReport> {
  const request = { method: 'inspect', ...(since === undefined ? {} : { since }) };
  const asked = askNode(wayTo(node), request, options);
  const report = await asked.catch((error: unknown) => {
    throw isTooOld(error) ? otherVersion(node, error) : error;
  });
  if (isInspectReport(report)) return report;
  throw otherVersion(node);
}

/** What `askNode` takes: a state dir has its socket in it. */
export function wayTo(node: NodeAddress): string | RemoteNode {
  return typeof node === 'string' ? controlSocketOf(node) : node;
}

/** The e2d there does not know the method. */
function isTooOld(error: unknown): boolean {
  return (
    error instanceof E2dError &&
    error.code === 'E2D_CONTROL_REFUSED' &&
    error.message.includes('knows no method')
  );
}

function otherVersion(node: NodeAddress, cause?: unknown): E2dError {
  return new E2dError(
    `The e2d of ${placeOf(node)} reports in a form that this e2d does not know.`,
    {
      code: 'E2D_CONTROL_MISMATCH',
      remedy: 'Use the version of e2d that runs there: its log says which.',
      cause,
    },
  );
}
