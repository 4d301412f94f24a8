import { badConfig } from '../config/bad-config.ts';
import { findOption, optionOf } from '../config/options.ts';
import type { Command, Invocation } from './command.ts';

/** The value of a flag that is the command's own (`--json`), or undefined when it was not given. */
export function ownFlag(name: string, { command, flags }: Invocation): unknown {
  const option = command.flags[name];
  const texts = flags.given.filter((given) => given.option === name).map((given) => given.text);
  const joinedBy = option?.kind.joinedBy;
  const given = joinedBy === undefined || texts.length === 0 ? texts.at(-1) : texts.join(joinedBy);
  const text = given ?? option?.default;
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
    const own = command.flags[name];
    const shared = findOption(name);
    const isShared = shared !== undefined && own === optionOf(shared);
    const kind = isShared ? undefined : own?.kind;
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
