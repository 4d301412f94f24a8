import type { CommandLine } from '../config/load-config.ts';
import type { Option } from '../config/option.ts';
import type { Terminal } from './terminal.ts';

/** A command of e2d: help, completion and the reading of its arguments come from this alone. */
export interface Command {
  /** The words that call it: `['etcd', 'install']`. */
  readonly words: readonly string[];
  readonly summary: string;
  /** Its flags, by name without dashes. `--help` is everybody's. */
  readonly flags: Readonly<Record<string, Option>>;
  /** What follows its words beside flags, where it takes anything. */
  readonly argument?: Argument;
  readonly examples: readonly Example[];
  /** Flags may be written `-name` too, as those of the first tools of that kind were. */
  readonly singleDash?: true;
  /** Its code, loaded when it is called: starting e2d must stay fast. */
  readonly load: () => Promise<{ readonly run: RunCommand }>;
}

export interface Argument {
  readonly name: string;
  /** The only words it may be; any text where this is absent. */
  readonly choices?: readonly string[];
  /** Words that a shell may offer; others are taken too. */
  readonly offers?: readonly string[];
  /** It names files, and a shell may complete it so. */
  readonly isFile?: true;
  /** It may be given more than once, or not at all. */
  readonly many?: true;
  readonly optional?: true;
  /** It stands for exactly so many. */
  readonly count?: number;
}

interface Example {
  readonly does: string;
  readonly line: string;
}

/** Does the work and gives the exit code; throws `E2dError` for what the user should be told. */
type RunCommand = (invocation: Invocation) => Promise<number>;

export interface Invocation {
  readonly command: Command;
  /** All commands, for those that tell of the others. */
  readonly commands: readonly Command[];
  readonly flags: CommandLine;
  /** The first argument, and all of them. */
  readonly argument: string | undefined;
  readonly args: readonly string[];
  readonly terminal: Terminal;
}
