import type { NodeSnapshot } from '../../machines/node/step.ts';
import { E2dError } from '../errors/e2d-error.ts';

/**
 * What a person is told of a node that has ended in failure: the rule, the fault, or what was
 * thrown.
 */
export function failureOf({ context }: NodeSnapshot, failures: readonly unknown[]): unknown {
  if (context.decision?.kind === 'refuse') {
    return new E2dError(`${context.decision.reason} (rule ${context.decision.rule}).`, {
      code: 'E2D_REFUSED',
      exit: 2,
    });
  }
  const thrown = failures.at(-1);
  if (context.decision?.kind === 'wait' && context.fault === null) {
    return new E2dError(
      `No cluster came about within the bootstrap timeout: ${context.decision.reason}.`,
      {
        code: 'E2D_BOOTSTRAP_TIMEOUT',
        remedy: 'Start the missing nodes, or correct --bootstrap-addrs and -n.',
      },
    );
  }
  return (
    thrown ?? new E2dError(context.fault?.message ?? 'The node failed.', { code: 'E2D_FAILED' })
  );
}
