import { codes } from '../errors/codes.ts';
import { E2dError, textOf } from '../errors/e2d-error.ts';
import { harmlessLines } from '../errors/shown.ts';

/**
 * An error for a person: one sentence, and on the next line what to do. `verbose` adds its code,
 * its causes and where it was thrown. What e2d did not expect is called a defect.
 */
export function presentError(error: unknown, { verbose }: { readonly verbose: boolean }): string {
  const lines =
    error instanceof E2dError
      ? [`e2d: ${error.message}`, ...remedyOf(error)]
      : [`e2d: unexpected failure: ${textOf(error)}`, ...(verbose ? [] : [defectRemedy])];
  if (verbose) lines.push(...details(error));
  return harmlessLines(`${lines.join('\n')}\n`);
}

/** Its own, or else the general one of its code. */
function remedyOf({ remedy, code }: E2dError): readonly string[] {
  const known = remedy ?? codes[code]?.remedy;
  return known === undefined ? [] : [known];
}

const defectRemedy = 'This is a defect of e2d; --verbose shows where it happened.';

function details(error: unknown): readonly string[] {
  const lines: string[] = [];
  if (error instanceof E2dError) lines.push(`code: ${error.code}`);
  if (error instanceof Error && error.stack !== undefined) lines.push(stackOf(error.stack));
  let cause = error instanceof Error ? error.cause : undefined;
  for (let depth = 0; cause !== undefined && depth < 10; depth += 1) {
    lines.push(`caused by: ${textOf(cause)}`);
    if (cause instanceof Error && cause.stack !== undefined) lines.push(stackOf(cause.stack));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return lines;
}

/** The frames alone: the message is already told. */
function stackOf(stack: string): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}
