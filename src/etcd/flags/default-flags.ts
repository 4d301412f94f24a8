/** The one place where e2d's opinion of a good etcd is written down. */

/** A range of etcd versions and what the flag is called there. */
export interface FlagSpelling {
  readonly since: string;
  readonly flag: string;
  /** Set where the flag has become a key of `--feature-gates`. */
  readonly gate?: string;
}

export interface DefaultFlag {
  readonly value: string;
  /** Oldest first; the last one whose `since` is reached is used. Older etcd gets nothing. */
  readonly spellings: readonly FlagSpelling[];
  readonly why: string;
  /** Left out of the first start after a restore. */
  readonly notOfRestored?: true;
  /** Only where clients show etcd a certificate. */
  readonly withClientCertificates?: true;
}

function everywhere(flag: string): readonly FlagSpelling[] {
  return [{ since: '3.4.0', flag }];
}

export const defaultFlags: readonly DefaultFlag[] = [
  {
    value: 'periodic',
    spellings: everywhere('auto-compaction-mode'),
    why: 'History is kept by age, which a person can reason about, and not by number of revisions.',
  },
  {
    value: '1h',
    spellings: everywhere('auto-compaction-retention'),
    why: 'etcd by itself keeps every revision for ever, until the quota stops all writes. One hour lets watchers and backups catch up after any ordinary interruption.',
  },
  {
    value: String(8 * 1024 ** 3),
    spellings: everywhere('quota-backend-bytes'),
    why: '8 GiB is the largest size that etcd recommends; its own default of 2 GiB makes busy clusters read-only too early.',
  },
  {
    value: 'true',
    spellings: everywhere('pre-vote'),
    why: 'A member that was cut off must not depose a healthy leader when it returns. Off by default in 3.4.',
  },
  {
    value: 'true',
    spellings: everywhere('strict-reconfig-check'),
    why: 'etcd itself then refuses a membership change that would lose quorum: the last guard behind ours.',
  },
  {
    value: 'true',
    spellings: [
      { since: '3.4.0', flag: 'experimental-initial-corrupt-check' },
      { since: '3.6.0', flag: 'feature-gates', gate: 'InitialCorruptCheck' },
    ],
    why: 'A member compares its data with its peers before it serves anyone, so that it does not spread corruption after a bad shutdown. Members that restored the same snapshot have nothing to compare, and would wait for one another: none answers before its own check is done.',
    notOfRestored: true,
  },
  {
    value: '12h',
    spellings: [
      { since: '3.4.0', flag: 'experimental-corrupt-check-time' },
      { since: '3.6.0', flag: 'corrupt-check-time' },
    ],
    why: 'The leader compares all members and raises the CORRUPT alarm. A full hash reads the whole database, so twice a day.',
  },
  {
    value: 'true',
    spellings: [
      { since: '3.5.5', flag: 'experimental-compact-hash-check-enabled' },
      { since: '3.6.0', flag: 'feature-gates', gate: 'CompactHashCheck' },
    ],
    why: 'Compares hashes that compaction computes anyway: finds corruption within the hour at almost no cost.',
  },
  {
    value: '1m',
    spellings: [
      { since: '3.4.11', flag: 'experimental-watch-progress-notify-interval' },
      { since: '3.6.0', flag: 'watch-progress-notify-interval' },
    ],
    why: 'A watcher of quiet keys learns a recent revision to resume from, well inside the hour that compaction leaves. The default is 10 minutes.',
  },
  {
    value: 'extensive',
    spellings: everywhere('metrics'),
    why: 'Adds latency histograms for each RPC, which are what one asks for first in an incident.',
  },
  {
    value: 'false',
    spellings: everywhere('enable-grpc-gateway'),
    why: 'The JSON gateway asks etcd by a certificate of its own, and with users etcd then takes whoever asks the gateway for the user of that one. Nothing in e2d needs it.',
    withClientCertificates: true,
  },
  {
    value: 'zap',
    spellings: everywhere('logger'),
    why: 'Structured lines in every version; 3.4 would otherwise write its old format.',
  },
  {
    value: 'stderr',
    spellings: everywhere('log-outputs'),
    why: 'The log goes to the file that e2d opened, also under systemd, so that the reason of an exit is found there.',
  },
];
