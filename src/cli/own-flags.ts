import { badConfig } from '../config/bad-config.ts';
import { findOption } from '../config/options.ts';
import type { Command, Invocation } from './command.ts';

/** The value of a flag that is the command's own (`--json`), or undefined when it was not given. */
export function ownFlag(name: string, { command, flags }: Invocation): unknown {
  const option = command.flags[name];
  const text = flags.given.findLast((given) => given.option === name)?.text ?? option?.default;
  return text === undefined ? undefined : option?.kind.parse(text);
}

export function isOn(name: string, invocation: Invocation): boolean {
  return ownFlag(name, invocation) === true;
}

/**
 * What is wrong with the values of a command's own flags; the node's are checked with its
 * configuration.
 */
export function ownFlagProblems(command: Command, given: Invocation['flags']['given']): string[] {
  return given.flatMap(({ option: name, origin, text }) => {
    const kind = findOption(name) === undefined ? command.flags[name]?.kind : undefined;
    if (kind === undefined || kind.parse(text) !== undefined) return [];
    return [`${origin} ${JSON.stringify(text)} must be ${kind.allowed}.`];
  });
}

/** For commands that read no configuration. Throws `E2D_BAD_CONFIG`. */
export function refuseBadFlags({ command, flags }: Invocation): void {
  if (flags.problems.length > 0) throw badConfig(flags, helpOf(command));
}

/** The command line that explains a command. */
export function helpOf({ words }: Command): string {
  return `e2d ${words.join(' ')} --help`;
}
