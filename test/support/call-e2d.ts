import { runCli } from '../../src/cli/run-cli.ts';

export interface Answer {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** Calls a command in this process, where nobody sits at a terminal. */
export async function callE2d(...args: readonly string[]): Promise<Answer> {
  const said = { out: '', err: '' };
  const exit = await runCli(args, {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    errIsTerminal: false,
  });
  return { exit, ...said };
}

/** What a command answers to programs; throws what it said when it failed. */
export async function askE2d(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { exit, out, err } = await callE2d(...args, '--json');
  if (exit !== 0) throw new Error(`e2d ${args.join(' ')} ended with ${exit}: ${err}${out}`);
  return JSON.parse(out) as Record<string, unknown>;
}
