import type { Invocation } from '../command.ts';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { zshCompletion } from '../completion/zsh.ts';
import { refuseBadFlags } from '../own-flags.ts';

const scripts = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

export async function run(invocation: Invocation): Promise<number> {
  refuseBadFlags(invocation);
  const { argument, commands, terminal } = invocation;
  if (argument === 'bash' || argument === 'zsh' || argument === 'fish') {
    terminal.out(scripts[argument](commands));
  }
  return 0;
}
