import { type LastWord, lastWords, stoppedBySignal } from './log-words.ts';

export type EtcdExitKind =
  /** Ended by itself for no reason that is known: restart it, with back-off. */
  | 'crashed'
  /** Ended by a signal that is no orderly stop: restart it. */
  | 'killed'
  /** Ended in order, because it was told to. */
  | 'stopped'
  /** The disk may be emptied, the address set free, the peers come back: try again, unhurriedly. */
  | 'disk-full'
  | 'port-taken'
  | 'peers-unreachable'
  /** These stay as they are until somebody changes something. */
  | 'bad-flags'
  | 'data-dir-permissions'
  | 'corrupt-data'
  | 'newer-data'
  | 'removed-from-cluster'
  | 'member-mismatch';

/**
 * There is no kind for data of another cluster: etcd goes on for ever then, refused by its peers.
 * See `clusterIdMismatch` of `log-words.ts`.
 */
export interface EtcdExitReason {
  readonly kind: EtcdExitKind;
  /** What happened and what it means, for a person. */
  readonly sentence: string;
  /** The words of etcd's log that say so, shortened; null when the log says nothing. */
  readonly evidence: string | null;
}

interface Rule {
  readonly kind: EtcdExitKind;
  readonly pattern: RegExp;
  /** `$1`, `$2` stand for the groups of `pattern`. */
  readonly sentence: string;
}

/** First match wins. Each pattern was taken from what etcd 3.4, 3.5 and 3.6 really print. */
const rules: readonly Rule[] = [
  {
    kind: 'bad-flags',
    pattern: /failed to verify flags: (.+)/,
    sentence: 'etcd does not accept its flags: $1.',
  },
  {
    kind: 'removed-from-cluster',
    pattern: /the member has been permanently removed from the cluster/,
    sentence: 'This member was removed from the cluster and cannot come back with its old data.',
  },
  {
    kind: 'disk-full',
    pattern: /no space left on device|disk quota exceeded/,
    sentence: 'The disk that holds the data dir is full; etcd starts again once there is room.',
  },
  {
    kind: 'port-taken',
    pattern: /listen (?:tcp|unix) (\S+): bind: address already in use/,
    sentence: 'etcd cannot listen on $1: another program uses that address.',
  },
  {
    kind: 'bad-flags',
    pattern: /listen tcp (\S+): bind: cannot assign requested address/,
    sentence: 'etcd cannot listen on $1: this machine has no such address.',
  },
  {
    kind: 'bad-flags',
    pattern: /listen tcp (\S+): bind: permission denied/,
    sentence: 'etcd cannot listen on $1: that port needs more privileges.',
  },
  {
    kind: 'newer-data',
    pattern:
      /invalid downgrade; server version is lower than determined cluster version.*current-server-version=(\S+) determined-cluster-version=(\S+)/,
    sentence: 'The data was written by etcd $2 and cannot be used by etcd $1; run the newer etcd.',
  },
  {
    kind: 'member-mismatch',
    pattern: /member (\S+) has already been bootstrapped/,
    sentence:
      'The cluster knows this member ($1) as one that has data, but the data is not here any more.',
  },
  {
    kind: 'member-mismatch',
    pattern:
      /error validating peerURLs|member count is unequal|unmatched member while checking PeerURLs|couldn't find local name|has different advertised URLs|incompatible with current running cluster|--initial-cluster (?:has|must)/,
    sentence: "The cluster's member list is not the one this member was told to join.",
  },
  {
    kind: 'peers-unreachable',
    pattern: /cannot fetch cluster info from peer urls/,
    sentence: 'No member of the cluster to join answers.',
  },
  {
    kind: 'data-dir-permissions',
    pattern:
      /(?:data directory|member directory|member\/|WAL directory|\.touch|failed to list data).*(?:permission denied|read-only file system|operation not permitted)/,
    sentence: 'etcd may not read or write its data dir; it must belong to the user etcd runs as.',
  },
  {
    kind: 'corrupt-data',
    pattern: /tocommit\(\d+\) is out of range \[lastIndex/,
    sentence: 'The cluster counts on entries of this member that its disk no longer has.',
  },
  {
    kind: 'corrupt-data',
    pattern: /initial corrupt|found data inconsistency/,
    sentence:
      'The data of this member differs from that of its peers, so etcd refuses to serve it.',
  },
  {
    kind: 'corrupt-data',
    pattern:
      /invalid database|failed to open database|raised in go\.etcd\.io\/bbolt|freepages: |page \d+ already freed|invalid page type|assertion failed: Page/i,
    sentence: 'The database of this member (member/snap/db) is damaged and etcd cannot open it.',
  },
  {
    kind: 'corrupt-data',
    pattern:
      /crc mismatch|max entry size limit exceeded|cannot use none as id|: wal: |: snap: |failed to recover v3 backend|unexpected committed entry index/,
    sentence: 'The log of this member (member/wal) is damaged and etcd cannot use it.',
  },
  {
    kind: 'bad-flags',
    pattern: /(?:flag provided but not defined|flag needs an argument): (\S+)/,
    sentence: 'This version of etcd does not take the flag $1 in this way.',
  },
  {
    kind: 'bad-flags',
    pattern: /^invalid (?:boolean )?value "([^"]*)" for (?:flag )?-?(\S+):/,
    sentence: 'etcd does not take "$1" for --$2.',
  },
  {
    kind: 'bad-flags',
    pattern: /(?:open (\S+): (?:no such file|permission denied))/,
    sentence: 'etcd cannot read $1, which its flags name.',
  },
  {
    kind: 'bad-flags',
    pattern: /(error parsing \S+: .+|tls: .+|.*conflicting environment variable.*)/,
    sentence: 'etcd does not accept its settings: $1.',
  },
];

const orderlySignals = new Set(['SIGTERM', 'SIGINT']);

/**
 * Why etcd ended, from how it ended and from the log of this launch alone. etcd ends by the very
 * signal that stopped it, also when it stopped in order. An adopted process leaves neither code nor
 * signal; then only the log can tell.
 */
export function classifyExit(
  exit: { readonly code: number | null; readonly signal: string | null },
  logTail: string,
): EtcdExitReason {
  const { code, signal } = exit;
  const words = lastWords(logTail);
  if (signal !== null && !orderlySignals.has(signal)) return killed(signal);
  const told = ruledReason(words);
  if (told !== null) return told;
  const unknown = code === null && signal === null;
  if (code === 0 || signal !== null || (unknown && stoppedBySignal(logTail))) return stopped();
  const last = words.findLast((word) => word.fatal) ?? null;
  if (unknown && last === null) return killed(null);
  const how = code === null ? '' : ` with exit code ${code}`;
  const sentence = `etcd ended by itself${how}${last === null ? ' and without a word' : ''}.`;
  return { kind: 'crashed', sentence, evidence: last === null ? null : shortened(last.text) };
}

/** Fatal words count before the others: they name what etcd ended by, the others what led there. */
function ruledReason(words: readonly LastWord[]): EtcdExitReason | null {
  const fatal = words.filter((word) => word.fatal);
  for (const considered of [fatal, words]) {
    for (const rule of rules) {
      for (const { text } of considered) {
        const match = rule.pattern.exec(text);
        if (match !== null) return { ...reasonOf(rule, match), evidence: shortened(text) };
      }
    }
  }
  return null;
}

function reasonOf(rule: Rule, match: RegExpExecArray): Omit<EtcdExitReason, 'evidence'> {
  const sentence = rule.sentence.replace(/\$(\d)/g, (_, group) => match[Number(group)] ?? '?');
  return { kind: rule.kind, sentence };
}

function shortened(text: string): string {
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
}

function killed(signal: string | null): EtcdExitReason {
  const sentence =
    signal === null
      ? 'etcd ended without a word, most likely killed by a person or for lack of memory.'
      : `etcd was killed by ${signal}: by a person, or for lack of memory.`;
  return { kind: 'killed', sentence, evidence: null };
}

function stopped(): EtcdExitReason {
  return { kind: 'stopped', sentence: 'etcd was told to stop and did.', evidence: null };
}
