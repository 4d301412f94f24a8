import { resolve } from 'node:path';
import { badConfig } from '../../config/bad-config.ts';
import { loadValues } from '../../config/load-config.ts';
import { thisMachine } from '../../config/surroundings.ts';
import { gossipKeyOfCa } from '../../node/gossip-key.ts';
import type { Invocation } from '../command.ts';
import { helpOf } from '../own-flags.ts';
import { writeGossipKey } from '../write-gossip-key.ts';

export async function run(invocation: Invocation): Promise<number> {
  const { command, flags } = invocation;
  const surroundings = thisMachine();
  const values = await loadValues({ help: helpOf(command), flags }, surroundings);
  const caKey = values['ca-key'];
  if (caKey === undefined) {
    const problems = ['No --ca-key says which key to derive the gossip key of.'];
    throw badConfig({ problems, warnings: [] }, helpOf(command));
  }
  await writeGossipKey(await gossipKeyOfCa(resolve(surroundings.cwd, caKey)), invocation);
  return 0;
}
