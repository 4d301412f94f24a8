import { duration, file } from '../config/kinds.ts';
import { option } from '../config/option.ts';
import type { Command } from './command.ts';
import { json, pick } from './common-flags.ts';

const output = option(file, {
  group: 'Output',
  help: 'the file to write, which must not be there yet; - prints the key',
  default: 'gossip.key',
});

/** The family of `e2d gossip-key`, in the order of help. */
export const gossipKeyCommands: readonly Command[] = [
  {
    words: ['gossip-key', 'generate'],
    summary: 'make a random key for gossip, in a file that its owner alone may read',
    flags: { output },
    examples: [
      {
        does: 'A first key, to be copied to every node',
        line: 'e2d gossip-key generate --output /etc/e2d/gossip.key',
      },
      {
        does: 'A second one, accepted beside it: the first step of a change',
        line: 'e2d gossip-key generate --output - >> /etc/e2d/gossip.key',
      },
    ],
    load: () => import('./commands/gossip-key-generate.ts'),
  },
  {
    words: ['gossip-key', 'derive'],
    summary: "write the gossip key that a CA's key gives",
    flags: { ...pick('ca-key', 'config'), output },
    examples: [{ does: 'Into ./gossip.key', line: 'e2d gossip-key derive --ca-key ca.key' }],
    load: () => import('./commands/gossip-key-derive.ts'),
  },
  {
    words: ['gossip-key', 'list'],
    summary: 'show the ids of the gossip keys that the node on this machine accepts',
    flags: {
      ...pick('data-dir', 'state-dir', 'config'),
      json,
      timeout: option(duration(1), {
        group: 'Output',
        help: 'how long to wait for an answer',
        default: '3s',
      }),
    },
    examples: [{ does: 'Does this node hold the new key already?', line: 'e2d gossip-key list' }],
    load: () => import('./commands/gossip-key-list.ts'),
  },
];
