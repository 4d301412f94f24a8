import { shortened } from '../errors/shown.ts';
import type { Given, OpenFindings } from './given.ts';
import type { OptionName, OptionValues } from './options.ts';
import { optionNames, optionOf } from './options.ts';
import { withoutUser } from './redact.ts';

/** A longer value is told by its beginning. */
const mostShown = 200;

/** Says where each value came from, for the sentences about combinations of options. */
export type Origins = ReadonlyMap<OptionName, string>;

/**
 * Reads every option from the first source that gives it; sources come in order of precedence.
 * What is not allowed becomes a problem, and the option then stands at its default.
 */
export function readValues(
  sources: readonly (readonly Given[])[],
  findings: OpenFindings,
): { readonly values: OptionValues; readonly origins: Origins } {
  const origins = new Map<OptionName, string>();
  const values: Partial<Record<OptionName, unknown>> = {};
  for (const name of optionNames) {
    const option = optionOf(name);
    const given = firstGiven(name, sources);
    if (given !== undefined) origins.set(name, given.origin);
    const read = given === undefined ? undefined : option.kind.parse(given.text);
    if (given !== undefined && read === undefined) {
      const shown = option.secret
        ? ' (its value is not shown)'
        : ` ${JSON.stringify(shortened(withoutUser(given.text), mostShown))}`;
      findings.problems.push(`${given.origin}${shown} must be ${option.kind.allowed}.`);
    }
    values[name] =
      read ?? (option.default === undefined ? undefined : option.kind.parse(option.default));
  }
  return { values: values as OptionValues, origins };
}

/** A repeated flag: its texts together where the option is a list, else the last one. */
function firstGiven(name: OptionName, sources: readonly (readonly Given[])[]): Given | undefined {
  for (const source of sources) {
    const all = source.filter(({ option }) => option === name);
    const last = all.at(-1);
    if (last === undefined) continue;
    const { joinedBy } = optionOf(name).kind;
    return joinedBy === undefined
      ? last
      : { ...last, text: all.map((one) => one.text).join(joinedBy) };
  }
  return undefined;
}

/** What to call an option in a sentence: as it was given, or else by its flag. */
export function called(name: OptionName, origins: Origins): string {
  return origins.get(name) ?? `--${name}`;
}
