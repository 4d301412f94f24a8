import type { Option } from '../config/option.ts';
import { variableOf } from '../config/options.ts';
import type { Argument, Command } from './command.ts';

const lineWidth = 100;
const helpColumn = 34;

/** `e2d help`: the commands, or those of one family. */
export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ words }) => words.join(' ').length));
  return text([
    'e2d runs highly available etcd clusters: one e2d beside one etcd on each machine.',
    '',
    'Usage: e2d COMMAND [OPTIONS]',
    '',
    'Commands:',
    ...commands.map(({ words, summary }) => `  ${words.join(' ').padEnd(width)}  ${summary}`),
    '',
    'Examples:',
    ...commands.flatMap(({ examples }) => examples.slice(0, 1)).flatMap(exampleLines),
    '',
    '"e2d COMMAND --help" lists the options of a command.',
  ]);
}

export function commandHelp(command: Command): string {
  const { words, summary, flags, argument, examples } = command;
  const usage = ['e2d', ...words, '[OPTIONS]', ...usageOf(argument)];
  return text([
    `e2d ${words.join(' ')}: ${summary}`,
    '',
    `Usage: ${usage.join(' ')}`,
    ...(argument?.choices ? [`${argument.name} is ${argument.choices.join(', ')}.`] : []),
    ...groupLines(flags),
    ...('config' in flags ? ['', ...sourcesNote] : []),
    '',
    'Examples:',
    ...examples.flatMap(exampleLines),
  ]);
}

function usageOf(argument: Argument | undefined): readonly string[] {
  if (argument === undefined) return [];
  const name = `${argument.name}${argument.many ? '...' : ''}`;
  return [argument.optional ? `[${name}]` : name];
}

const sourcesNote = [
  'Each option of a node is a variable too, and a key of the --config file: --data-dir is also',
  `${variableOf('data-dir')} and "data-dir: DIR". A flag outranks a variable, which outranks the file.`,
  'Durations are written like 500ms, 30s, 5m or 1h30m.',
];

function groupLines(flags: Readonly<Record<string, Option>>): string[] {
  const groups = new Map<string, string[]>();
  for (const [name, option] of Object.entries(flags)) {
    groups.set(option.group, [...(groups.get(option.group) ?? []), ...flagLines(name, option)]);
  }
  const title = (group: string) => (groups.size === 1 ? 'Options:' : `${group}:`);
  return [...groups].flatMap(([group, lines]) => ['', title(group), ...lines]);
}

function flagLines(name: string, option: Option): string[] {
  const short = option.short === undefined ? '    ' : `-${option.short}, `;
  const value = option.kind.placeholder === null ? '' : ` ${option.kind.placeholder}`;
  const left = `  ${short}--${name}${value}`;
  const help = wrap(`${option.help}${defaultOf(option)}`, lineWidth - helpColumn);
  const indent = ' '.repeat(helpColumn);
  const [first = '', ...rest] = help;
  const start =
    left.length < helpColumn ? [left.padEnd(helpColumn) + first] : [left, indent + first];
  return [...start, ...rest.map((line) => indent + line)];
}

function defaultOf({ kind, default: value, defaultNote }: Option): string {
  if (defaultNote !== undefined) return ` (default: ${defaultNote})`;
  return value === undefined || kind.placeholder === null ? '' : ` (default ${value})`;
}

function exampleLines({ does, line }: { readonly does: string; readonly line: string }): string[] {
  return [`  # ${does}`, `  ${line}`];
}

function wrap(sentence: string, width: number): string[] {
  const lines: string[] = [''];
  for (const word of sentence.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
