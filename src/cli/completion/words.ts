import type { Option } from '../../config/option.ts';
import type { Command } from '../command.ts';
import { commonFlags } from '../common-flags.ts';

/** A command's own flags and everybody's. */
export function allFlags(flags: Command['flags']): Readonly<Record<string, Option>> {
  return { ...flags, ...commonFlags };
}

/** `--name`, and `-n` where there is one. Former spellings are not offered. */
export function spellings(name: string, option: Option): readonly string[] {
  return [...(option.short === undefined ? [] : [`-${option.short}`]), `--${name}`];
}

/** The first words of all commands, and `help`. */
export function familyWords(commands: readonly Command[]): readonly string[] {
  return [...new Set(commands.map(({ words }) => words[0] ?? '')), 'help'];
}
