import type { Given } from '../config/given.ts';
import type { CommandLine } from '../config/load-config.ts';
import type { Option } from '../config/option.ts';
import { didYouMean } from '../config/suggest.ts';
import { renamed } from '../config/variables.ts';
import { shortened } from '../errors/shown.ts';

export interface ReadArguments extends CommandLine {
  readonly positionals: readonly string[];
}

interface Flag {
  readonly name: string;
  readonly option: Option;
}

/**
 * Reads `--flag value`, `--flag=value`, `-f value`, `-fvalue`, `-f=value` and switches. Values stay
 * the texts they are (`007` is a name; common parsers make it 7), and everything that is wrong is
 * found in one pass, where they stop at the first.
 */
export function readArguments(
  args: readonly string[],
  flags: Readonly<Record<string, Option>>,
): ReadArguments {
  const known = spellingsOf(flags);
  const given: Given[] = [];
  const problems: string[] = [];
  const warnings: string[] = [];
  const positionals: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index] ?? '';
    if (argument === '--') {
      positionals.push(...args.slice(index + 1));
      break;
    }
    if (!argument.startsWith('-') || argument === '-') {
      positionals.push(argument);
      continue;
    }
    const { spelling, inline } = split(argument);
    const flag = known.get(spelling);
    if (flag === undefined) {
      problems.push(
        `${shortened(spelling, 80)} is not a flag of this command.${didYouMean(spelling, known.keys())}`,
      );
      // What follows can only be its value, and must not be taken for an argument.
      if (inline === undefined && isValue(args[index + 1], known)) index += 1;
      continue;
    }
    const { option, name } = flag;
    if (spelling.startsWith('--') && spelling !== `--${name}`) {
      warnings.push(renamed(spelling, `--${name}`));
    }
    let text = inline ?? (option.kind.placeholder === null ? 'true' : undefined);
    if (text === undefined && isValue(args[index + 1], known)) {
      index += 1;
      text = args[index];
    }
    if (text === undefined || text === '')
      problems.push(`${spelling} needs a value: ${option.kind.allowed}.`);
    else given.push({ option: name, origin: spelling, text });
  }
  return { given, problems, warnings, positionals };
}

/** `-name` and `-name=value` of known flags with the second dash that they lack. */
export function withTwoDashes(
  args: readonly string[],
  flags: Readonly<Record<string, Option>>,
): readonly string[] {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  return args.map((argument, index) => {
    const [, name = ''] = /^-([a-z][a-z-]+)(=.*)?$/s.exec(argument) ?? [];
    return index < end && name in flags ? `-${argument}` : argument;
  });
}

/**
 * A value may begin with dashes (`--etcd-extra-args --metrics=basic`), unless it is one of our
 * flags.
 */
function isValue(next: string | undefined, known: ReadonlyMap<string, Flag>): next is string {
  return (
    next !== undefined &&
    next !== '--' &&
    !(next.startsWith('-') && known.has(split(next).spelling))
  );
}

function split(argument: string): { readonly spelling: string; readonly inline?: string } {
  const parts = /^(--[^=]*|-[^-=])(=?)(.*)$/s.exec(argument);
  const [, spelling = argument, equals = '', rest = ''] = parts ?? [];
  return equals === '' && rest === '' ? { spelling } : { spelling, inline: rest };
}

function spellingsOf(flags: Readonly<Record<string, Option>>): ReadonlyMap<string, Flag> {
  const known = new Map<string, Flag>();
  for (const [name, option] of Object.entries(flags)) {
    const flag = { name, option };
    known.set(`--${name}`, flag);
    for (const old of option.formerly ?? []) known.set(`--${old}`, flag);
    if (option.short !== undefined) known.set(`-${option.short}`, flag);
  }
  return known;
}
