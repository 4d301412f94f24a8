import type { Invocation } from '../command.ts';
import { commands } from '../commands.ts';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { zshCompletion } from '../completion/zsh.ts';
import { refuseBadFlags } from '../own-flags.ts';

const scripts = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

export async function run(invocation: Invocation): Promise<number> {
  refuseBadFlags(invocation);
  const { argument, terminal } = invocation;
  if (argument === 'bash' || argument === 'zsh' || argument === 'fish') {
    terminal.out(scripts[argument](commands));
  }
  return 0;
}
