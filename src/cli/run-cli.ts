import { cac } from 'cac';
import { didYouMean } from '../config/suggest.ts';
import { E2dError } from '../errors/e2d-error.ts';
import type { Command } from './command.ts';
import { commands } from './commands.ts';
import { commonFlags } from './common-flags.ts';
import { ownFlagProblems } from './own-flags.ts';
import { presentError } from './present-error.ts';
import { readArguments, withTwoDashes } from './read-arguments.ts';
import type { Terminal } from './terminal.ts';

const leadingSwitch = /^(-v|--verbose|-h|--help)$/;
const helpSwitch = /^(-h|--help)$/;

/** Runs the command that `args` call, tells what went wrong, and gives the exit code. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    const verbose = args.includes('-v') || args.includes('--verbose');
    terminal.err(presentError(error, { verbose }));
    return error instanceof E2dError ? error.exit : 1;
  }
}

async function dispatch(args: readonly string[], terminal: Terminal): Promise<number> {
  const start = args.findIndex((arg) => !leadingSwitch.test(arg));
  const leading = start < 0 ? args : args.slice(0, start);
  const rest = start < 0 ? [] : args.slice(start);
  const [first] = rest;
  if (first === '--version') return dispatch(['version', ...rest.slice(1)], terminal);
  if (first === 'help') return showHelp(rest.slice(1), terminal);
  if (first === undefined) return showHelp([], terminal);
  const cli = cac('e2d');
  for (const command of commands) {
    cli
      .command(command.words.join(' '), command.summary)
      .action(() => call(command, [...leading, ...rest.slice(command.words.length)], terminal));
  }
  // cac gets the command's words alone: it would turn a value like 007 into the number 7.
  cli.parse(['node', 'e2d', findCommand(rest)?.words.join(' ') ?? first], { run: false });
  if (cli.matchedCommand !== undefined) return cli.runMatchedCommand();
  if (args.some((arg) => helpSwitch.test(arg))) return showHelp(rest, terminal);
  throw unknownCommand(rest);
}

async function call(
  command: Command,
  given: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const flags = { ...command.flags, ...commonFlags };
  const read = readArguments(command.singleDash ? withTwoDashes(given, flags) : given, flags);
  if (read.given.some(({ option, text }) => option === 'help' && text === 'true')) {
    return showHelp(command.words, terminal);
  }
  const args = read.positionals;
  const problems = [
    ...read.problems,
    ...ownFlagProblems(command, read.given),
    ...argumentProblems(command, args),
  ];
  const { run } = await command.load();
  return run({
    command,
    commands,
    flags: { ...read, problems },
    argument: args[0],
    args,
    terminal,
  });
}

function argumentProblems(
  { argument: wanted, words }: Command,
  [given, ...surplus]: readonly string[],
): readonly string[] {
  const called = `e2d ${words.join(' ')}`;
  if (wanted?.count !== undefined) {
    const count = given === undefined ? 0 : surplus.length + 1;
    const sentence = `wrong number of arguments: "${called}" takes ${wanted.name}, not ${count}.`;
    return count === wanted.count ? [] : [sentence];
  }
  const isMany = wanted?.many === true;
  const extra = isMany
    ? []
    : surplus.map((one) => `"${one}" is one argument too many for "${called}".`);
  if (wanted === undefined) {
    return given === undefined
      ? []
      : [`"${called}" takes no argument; "${given}" was given.`, ...extra];
  }
  const { choices, name, optional } = wanted;
  const fits = given === undefined ? optional === true : (choices?.includes(given) ?? true);
  if (fits) return extra;
  const but = given === undefined ? 'none was given' : `not "${given}"`;
  return [
    `"${called}" needs ${choices ? `one of ${choices.join(', ')}` : name}, ${but}.`,
    ...extra,
  ];
}

async function showHelp(words: readonly string[], terminal: Terminal): Promise<number> {
  const { commandHelp, overview } = await import('./help.ts');
  const plain = words.filter((word) => !word.startsWith('-'));
  const command = findCommand(plain);
  if (command !== undefined) {
    terminal.out(commandHelp({ ...command, flags: { ...command.flags, ...commonFlags } }));
    return 0;
  }
  const family = commands.filter((one) => plain.every((word, index) => one.words[index] === word));
  if (family.length === 0) throw unknownCommand(plain);
  terminal.out(overview(family));
  return 0;
}

function findCommand(args: readonly string[]): Command | undefined {
  return commands.find(({ words }) => words.every((word, index) => args[index] === word));
}

/** `a, b or c`, each once. */
function anyOf(words: readonly string[]): string {
  return new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(new Set(words));
}

/** `args` begin with the words that are no command, or with half of one (`etcd`). */
function unknownCommand(args: readonly string[]): E2dError {
  const [first = '', second = ''] = args;
  const family = commands.filter(({ words }) => words[0] === first);
  const given =
    family.length > 0 && second !== '' && !second.startsWith('-') ? `${first} ${second}` : first;
  const names = commands.map(({ words }) => words.join(' '));
  const message =
    family.length > 0 && given === first
      ? `"e2d ${first}" needs another word: ${anyOf(family.map(({ words }) => words[1] ?? ''))}.`
      : `e2d has no command "${given}".${didYouMean(given, names)}`;
  return new E2dError(message, {
    code: 'E2D_UNKNOWN_COMMAND',
    exit: 2,
    remedy: '"e2d help" lists the commands.',
  });
}
