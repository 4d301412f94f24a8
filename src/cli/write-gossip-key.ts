import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { E2dError, textOf } from '../errors/e2d-error.ts';
import type { GossipKey } from '../node/gossip-key.ts';
import type { Invocation } from './command.ts';
import { ownFlag } from './own-flags.ts';

/**
 * Writes a key where `--output` says: on standard output only when that is asked for. Throws
 * `E2D_OUTPUT_FILE`, also where there is a file already: nodes may be using it.
 */
export async function writeGossipKey(key: GossipKey, invocation: Invocation): Promise<void> {
  const { terminal } = invocation;
  const text = `# gossip key ${key.id}\n${key.bytes.toString('base64')}\n`;
  const output = String(ownFlag('output', invocation));
  if (output === '-') {
    terminal.out(text);
    return;
  }
  const path = resolve(output);
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new E2dError(`The gossip key cannot be written to ${path} (${textOf(cause)}).`, {
      code: 'E2D_OUTPUT_FILE',
      remedy: 'Name a new file in a folder that this user can write to.',
      cause,
    });
  }
  terminal.out(`The gossip key ${key.id} is in ${path}, which only its owner may read.\n`);
}
