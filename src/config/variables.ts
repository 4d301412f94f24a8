import { shortened } from '../errors/shown.ts';
import type { Given, OpenFindings } from './given.ts';
import { optionNames, optionOf, variableOf } from './options.ts';
import { didYouMean } from './suggest.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The options in `E2D_*` variables. An empty one counts as unset; an unknown one is a warning. */
export function fromVariables(env: Environment, findings: OpenFindings): readonly Given[] {
  const given: Given[] = [];
  const known = new Set<string>();
  for (const option of optionNames) {
    const spellings = [option, ...(optionOf(option).formerly ?? [])];
    const variables = spellings.map(variableOf);
    for (const variable of variables) known.add(variable);
    const origin = variables.find((variable) => (env[variable] ?? '') !== '');
    if (origin === undefined) continue;
    given.push({ option, origin, text: env[origin] ?? '' });
    if (origin !== variables[0]) findings.warnings.push(renamed(origin, variables[0] ?? ''));
  }
  for (const variable of Object.keys(env)) {
    if (!variable.startsWith('E2D_') || known.has(variable)) continue;
    findings.warnings.push(
      `${shortened(variable, 80)} is not a variable that e2d knows; it is ignored.${didYouMean(variable, known)}`,
    );
  }
  return given;
}

export function renamed(old: string, current: string): string {
  return `${old} is the former name of ${current}; please use the new one.`;
}
