import { duration, matching, text, toggle } from '../config/kinds.ts';
import { option } from '../config/option.ts';
import type { Command } from './command.ts';
import { pick, tls } from './common-flags.ts';
import { remoteFlags } from './remote-node.ts';

/** What leads to the node on this machine, and to the store that it was configured with. */
const whereabouts = pick(
  'data-dir',
  'state-dir',
  'config',
  'snapshot-backup-url',
  's3-endpoint',
  's3-region',
  'aws-access-key',
  'aws-secret-key',
  'aws-role-session-name',
  'do-spaces-key',
  'do-spaces-secret',
  'ca-key',
  'snapshot-encryption-key-file',
);
const word = {
  yes: option(toggle, { group: 'Output', help: 'do not ask; needs --lineage' }),
  lineage: option(text, {
    group: 'Cluster',
    help: 'the lineage whose later writes you give up, as "e2d status --json" shows it',
  }),
  'dry-run': option(toggle, { group: 'Output', help: 'show what would be done, and do nothing' }),
  timeout: option(duration(1), {
    group: 'Output',
    help: 'how long to wait for an answer',
    default: '3s',
  }),
  wait: option(duration(1000), {
    group: 'Output',
    help: 'how long to watch; the restore itself goes on',
    default: '15m',
  }),
};

/** What an operator orders of a running node, in the order of help. */
export const restoreCommands: readonly Command[] = [
  {
    words: ['restore'],
    summary: 'have the cluster go back to a snapshot, or approve the restore of a lost one',
    flags: {
      'call-off': option(toggle, {
        group: 'Cluster',
        help: 'let go of a plan to go back whose coordinator is gone for good',
      }),
      ...word,
      ...whereabouts,
      ...remoteFlags,
    },
    argument: { name: 'ID', optional: true },
    examples: [
      { does: 'What would change', line: 'e2d restore --dry-run 2026-11-21T10:00:00Z' },
      {
        does: 'Without a question, for a script',
        line: 'e2d restore latest --yes --lineage 1f2e3d4c5b6a7988',
      },
    ],
    load: () => import('./commands/restore.ts'),
  },
  {
    words: ['recover'],
    summary: 'show what is left of a cluster without quorum, and rebuild it from the best of that',
    flags: {
      source: option(matching(/^\S+$/, 'this-node or the id of a snapshot', 'this-node|ID'), {
        group: 'Cluster',
        help: 'what to rebuild from',
        defaultNote: 'the most complete source',
      }),
      ...word,
      ...whereabouts,
      ...tls,
    },
    examples: [
      { does: 'What is left, and what each choice would lose', line: 'e2d recover --dry-run' },
      { does: 'From the data of this node', line: 'e2d recover --source this-node' },
    ],
    load: () => import('./commands/recover.ts'),
  },
];
