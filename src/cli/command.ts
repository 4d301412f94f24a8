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
  /** Its only argument, where it has one. */
  readonly argument?: { readonly name: string; readonly choices: readonly string[] };
  readonly examples: readonly Example[];
  /** Its code, loaded when it is called: starting e2d must stay fast. */
  readonly load: () => Promise<{ readonly run: RunCommand }>;
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
  readonly argument: string | undefined;
  readonly terminal: Terminal;
}
