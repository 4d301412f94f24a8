import { directory, file, integer, matching, text, toggle } from '../config/kinds.ts';
import { option } from '../config/option.ts';
import type { Argument, Command } from './command.ts';
import { json, ownEtcd, pick, tls } from './common-flags.ts';

/** Where a store is, and the keys to it. */
const store = pick(
  'snapshot-backup-url',
  's3-endpoint',
  's3-region',
  'aws-access-key',
  'aws-secret-key',
  'aws-role-session-name',
  'do-spaces-key',
  'do-spaces-secret',
);
const readingKeys = pick('ca-key', 'snapshot-encryption-key-file');
const retention = pick(
  'snapshot-keep-all',
  'snapshot-keep-hourly',
  'snapshot-keep-daily',
  'snapshot-keep-count',
);
const etcdBinaries = pick('etcd-bin-dir', 'etcd-cache-dir', 'etcd-version', 'etcd-releases-url');
const folders = pick('data-dir', 'state-dir');
const config = pick('config');

const yes = option(toggle, { group: 'Output', help: 'do it without asking' });
const lineage = option(text, {
  group: 'Snapshots',
  help: 'the lineage meant',
  defaultNote: "the running cluster's own",
});

const id: Argument = { name: 'ID' };

/** `name=url,name=url`, as etcd has it. */
const memberPairs = matching(
  /^[A-Za-z0-9][\w.-]{0,62}=https?:\/\/[^,\s]+(,[A-Za-z0-9][\w.-]{0,62}=https?:\/\/[^,\s]+)*$/,
  'NAME=PEER-URL pairs joined by commas, such as a=http://10.0.0.1:2380,b=http://10.0.0.2:2380',
  'NAME=URL,...',
);
const clusterToken = matching(
  /^[A-Za-z0-9][A-Za-z0-9._-]{3,39}$/,
  'from 4 to 40 letters, digits, dots, dashes and underscores, a letter or digit first',
  'TOKEN',
);

/** The family of `e2d snapshot`, in the order of help. */
export const snapshotCommands: readonly Command[] = [
  {
    words: ['snapshot', 'save'],
    summary: 'take a snapshot of the running cluster, into the store or into a file',
    flags: {
      to: option(matching(/^(file|s3|https):\/\/\P{Cc}+$/u, 'the URL of a store', 'URL'), {
        group: 'Snapshots',
        help: 'another store than the configured one; a file:// folder is made where its parent is',
      }),
      output: option(file, {
        group: 'Snapshots',
        help: 'write a plain file instead, as etcdctl does: gzip if it ends in .gz; named in a folder',
      }),
      'max-backups': option(integer(1, 1_000_000), {
        group: 'Snapshots',
        help: 'with --output FOLDER: how many of its etcd-*.backup files to keep',
        defaultNote: 'all',
      }),
      ...store,
      ...pick(
        'snapshot-compression',
        'snapshot-encryption',
        'snapshot-encryption-key-file',
        'ca-key',
      ),
      ...retention,
      ...ownEtcd,
      ...config,
      json,
    },
    examples: [
      { does: 'Into the store of the nodes', line: 'e2d snapshot save --config /etc/e2d.yaml' },
      {
        does: 'Daily files in a folder, a fortnight of them',
        line: 'e2d snapshot save --output /var/backups/etcd --max-backups 14',
      },
    ],
    load: () => import('./commands/snapshot-save.ts'),
  },
  {
    words: ['snapshot', 'list'],
    summary: 'list the snapshots in the store, the latest first',
    flags: { ...store, ...config, json },
    examples: [
      { does: 'All of a bucket', line: 'e2d snapshot list --snapshot-backup-url s3://b/etcd' },
    ],
    load: () => import('./commands/snapshot-list.ts'),
  },
  {
    words: ['snapshot', 'show'],
    summary: 'tell all that is known of a snapshot, and whether a restore would choose it',
    flags: {
      ...store,
      ...readingKeys,
      ...folders,
      ...pick('etcd-bin-dir', 'etcd-cache-dir', 'etcd-version'),
      ...config,
      json,
    },
    argument: id,
    examples: [{ does: 'The latest one', line: 'e2d snapshot show latest' }],
    load: () => import('./commands/snapshot-show.ts'),
  },
  {
    words: ['snapshot', 'get'],
    summary: 'fetch a snapshot into a file that etcdutl restores',
    flags: {
      output: option(file, { group: 'Snapshots', help: 'the file to write; needed' }),
      'as-stored': option(toggle, {
        group: 'Snapshots',
        help: 'the bytes as they are in the store: packed, and encrypted where it is',
      }),
      ...store,
      ...readingKeys,
      ...config,
      json,
    },
    argument: id,
    examples: [
      { does: 'The latest one, checked', line: 'e2d snapshot get latest --output etcd.db' },
    ],
    load: () => import('./commands/snapshot-get.ts'),
  },
  {
    words: ['snapshot', 'verify'],
    summary: 'read snapshots back and compare them; with --restore put them to the proof',
    flags: {
      all: option(toggle, { group: 'Snapshots', help: 'every snapshot, instead of one' }),
      restore: option(toggle, {
        group: 'Snapshots',
        help: 'restore into a scratch etcd, compare its keys, and keep the outcome in the store',
      }),
      'work-dir': option(directory, {
        group: 'Snapshots',
        help: 'a directory with room for the database, twice',
        defaultNote: "the system's for temporary files",
      }),
      ...store,
      ...readingKeys,
      ...etcdBinaries,
      ...config,
      json,
    },
    argument: { ...id, optional: true },
    examples: [
      { does: 'The latest one', line: 'e2d snapshot verify' },
      { does: 'Can it be restored, and how fast?', line: 'e2d snapshot verify --restore' },
    ],
    load: () => import('./commands/snapshot-verify.ts'),
  },
  {
    words: ['snapshot', 'prune'],
    summary: 'remove the snapshots of a lineage that the retention lets go',
    flags: {
      'dry-run': option(toggle, {
        group: 'Snapshots',
        help: 'tell why each stays or goes, and remove nothing',
      }),
      force: option(toggle, {
        group: 'Snapshots',
        help: 'go on where most of what was promised to be kept would go',
      }),
      lineage,
      ...store,
      ...retention,
      ...ownEtcd,
      ...config,
      json,
    },
    examples: [{ does: 'Why does each stay or go?', line: 'e2d snapshot prune --dry-run' }],
    load: () => import('./commands/snapshot-prune.ts'),
  },
  {
    words: ['snapshot', 'delete'],
    summary: 'remove snapshots by name',
    flags: {
      force: option(toggle, {
        group: 'Snapshots',
        help: 'also the newest of a lineage, and the newest that was proven',
      }),
      yes,
      ...store,
      ...config,
      json,
    },
    argument: { ...id, many: true },
    examples: [
      {
        does: 'One, without being asked',
        line: 'e2d snapshot delete --yes 2026-11-21T10:00:00Z-000000012345-a1b2c3',
      },
    ],
    load: () => import('./commands/snapshot-delete.ts'),
  },
  {
    words: ['snapshot', 'restore'],
    summary: 'restore a snapshot into the data dir of this node, while nothing runs on it',
    flags: {
      'initial-cluster': option(memberPairs, {
        group: 'Cluster',
        help: 'all members, where several nodes restore the same snapshot',
        defaultNote: 'this node alone; others may join it',
      }),
      'initial-cluster-token': option(clusterToken, {
        group: 'Cluster',
        help: 'never used before, and the same on each of these nodes',
        defaultNote: 'a random one',
      }),
      yes,
      ...pick('name', 'data-dir', 'state-dir', 'host', 'client-addr', 'peer-addr'),
      ...tls,
      ...pick('required-cluster-size', 'bootstrap-addrs'),
      ...store,
      ...readingKeys,
      ...etcdBinaries,
      ...config,
      json,
    },
    argument: { name: 'ID|FILE', isFile: true },
    examples: [
      { does: 'One node', line: 'e2d snapshot restore latest --data-dir /var/lib/etcd' },
      {
        does: 'From a file that etcdctl saved',
        line: 'e2d snapshot restore ./etcd.db --data-dir /var/lib/etcd --yes',
      },
    ],
    load: () => import('./commands/snapshot-restore.ts'),
  },
];
