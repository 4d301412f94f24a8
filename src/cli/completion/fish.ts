import type { Option } from '../../config/option.ts';
import type { Command } from '../command.ts';
import { allFlags } from './words.ts';

/** A fish completion script. */
export function fishCompletion(commands: readonly Command[]): string {
  const lines = commands.flatMap(commandLines);
  return `# fish completion for e2d: e2d completion fish > ~/.config/fish/completions/e2d.fish
complete -c e2d -f
${[...new Set(lines)].join('\n')}
`;
}

function commandLines(command: Command): string[] {
  const { words, summary, flags, argument } = command;
  const [first = '', second] = words;
  const offerFirst = '-n __fish_use_subcommand';
  const offerSecond = `-n '__fish_seen_subcommand_from ${first}'`;
  const offered = argument?.choices ?? argument?.offers;
  const called = words.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
  return [
    `complete -c e2d ${offerFirst} -a ${first} -d ${quote(second === undefined ? summary : `${first} binaries`)}`,
    ...(second === undefined
      ? []
      : [`complete -c e2d ${offerSecond} -a ${second} -d ${quote(summary)}`]),
    ...(offered ? [`complete -c e2d -n '${called}' -a ${quote(offered.join(' '))}`] : []),
    ...(argument?.isFile ? [`complete -c e2d -n '${called}' -F`] : []),
    ...Object.entries(allFlags(flags)).map(
      ([name, option]) => `complete -c e2d -n '${called}' ${flagWords(name, option)}`,
    ),
  ];
}

function flagWords(name: string, { short, kind, help }: Option): string {
  const words = [`-l ${name}`];
  if (short !== undefined) words.push(`-s ${short}`);
  // -x: a value is needed, and no file is one.
  if (kind.placeholder !== null) words.push(kind.completes === 'files' ? '-r -F' : '-x');
  if (kind.placeholder !== null && kind.choices !== undefined) {
    words.push(`-a ${quote(kind.choices.join(' '))}`);
  }
  if (kind.completes === 'directories') words.push("-a '(__fish_complete_directories)'");
  return `${words.join(' ')} -d ${quote(help)}`;
}

function quote(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
