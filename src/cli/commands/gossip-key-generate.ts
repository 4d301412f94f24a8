import { randomBytes } from 'node:crypto';
import { GossipKey } from '../../node/gossip-key.ts';
import type { Invocation } from '../command.ts';
import { refuseBadFlags } from '../own-flags.ts';
import { writeGossipKey } from '../write-gossip-key.ts';

const keyBytes = 32;

export async function run(invocation: Invocation): Promise<number> {
  refuseBadFlags(invocation);
  await writeGossipKey(new GossipKey(randomBytes(keyBytes)), invocation);
  return 0;
}
