import { parseDurationMs } from '../config/durations.ts';
import { choice, type Kind, text } from '../config/kinds.ts';
import { option } from '../config/option.ts';
import type { Argument, Command } from './command.ts';
import { etcdAsE2d, json, pick } from './common-flags.ts';

const authority = pick('ca-cert', 'ca-key', 'config');
const lifeKind: Kind<number> = {
  allowed: 'a duration from 1m to 100y, such as 24h, 90d or 10y',
  placeholder: 'DURATION',
  parse: (given) => {
    const lifeMs = parseDurationMs(given) ?? 0;
    return lifeMs >= 60_000 && lifeMs <= 100 * 365 * 86_400_000 ? lifeMs : undefined;
  },
};

const output = option(choice('json', 'file'), {
  group: 'Output',
  help: 'JSON on standard output, or three files in this directory',
  default: 'json',
});
const user: Argument = { name: 'USER', count: 1 };

/** The commands of `e2d etcd` for etcd's users, in the order of help. */
export const etcdUserCommands: readonly Command[] = [
  {
    words: ['etcd', 'auth'],
    summary: 'have etcd answer its users only, or anybody again, or tell which it does',
    flags: {
      'e2d-user': option(text, {
        group: 'TLS',
        help: 'a further CN that an e2d of this cluster shows to etcd; may be repeated',
      }),
      ...etcdAsE2d,
      json,
    },
    argument: { name: 'ACTION', choices: ['enable', 'disable', 'status'] },
    examples: [
      {
        does: 'From now on only users that a certificate makes one',
        line: 'e2d etcd auth enable --config /etc/e2d.yaml',
      },
      { does: 'Who is known?', line: 'e2d etcd auth status --config /etc/e2d.yaml' },
    ],
    singleDash: true,
    load: () => import('./commands/etcd-auth.ts'),
  },
  {
    words: ['etcd', 'user-add'],
    summary: 'add a user of etcd who may read and write the keys of one prefix',
    flags: etcdAsE2d,
    argument: { name: 'USER PREFIX', count: 2 },
    examples: [
      {
        does: 'One for the keys below /shop/',
        line: 'e2d etcd user-add shop /shop/ --config /etc/e2d.yaml',
      },
    ],
    singleDash: true,
    load: () => import('./commands/etcd-user-add.ts'),
  },
  {
    words: ['etcd', 'issue'],
    summary: 'issue the certificate that makes whoever shows it a user of etcd',
    flags: {
      ttl: option(lifeKind, {
        group: 'TLS',
        help: 'how long it is valid; never longer than the authority',
        default: '87600h',
      }),
      output,
      ...authority,
    },
    argument: user,
    examples: [
      {
        does: 'For a day, as files',
        line: 'e2d etcd issue --ttl 24h --output file --ca-cert ca.crt --ca-key ca.key shop',
      },
    ],
    singleDash: true,
    load: () => import('./commands/etcd-issue.ts'),
  },
  {
    words: ['etcd', 'root-issue'],
    summary: 'issue a certificate for the user root of etcd, valid for two hours',
    flags: { output, ...authority },
    examples: [
      {
        does: 'For etcdctl, in ETCDCTL_CACERT, ETCDCTL_CERT and ETCDCTL_KEY',
        line: 'e2d etcd root-issue --output file --ca-cert ca.crt --ca-key ca.key',
      },
    ],
    singleDash: true,
    load: () => import('./commands/etcd-root-issue.ts'),
  },
];
