/**
 * Flags that e2d must set itself, because its own safety rests on them, and what to use instead.
 */
const ownedFlags: Readonly<Record<string, string>> = {
  name: 'use --name',
  'data-dir': 'use --data-dir',
  'wal-dir': 'e2d finds the write-ahead log in the data dir only',
  'config-file': 'etcd would ignore every other flag',
  'force-new-cluster': 'it makes a second cluster of the same data',
  'listen-peer-urls': 'use --peer-addr',
  'listen-client-urls': 'use --client-addr',
  'advertise-client-urls': 'use --client-addr',
  'initial-advertise-peer-urls': 'use --peer-addr',
  'initial-cluster': 'e2d decides who forms the cluster',
  'initial-cluster-state': 'e2d decides whether to form or to join',
  'initial-cluster-token': 'e2d gives each cluster a token of its own',
  discovery: 'e2d decides who forms the cluster',
  'discovery-srv': 'e2d decides who forms the cluster',
  'discovery-endpoints': 'e2d decides who forms the cluster',
  'discovery-token': 'e2d decides who forms the cluster',
  'cert-file': 'use --server-cert',
  'key-file': 'use --server-key',
  'trusted-ca-file': 'use --ca-cert',
  'client-cert-auth': 'use --client-cert-auth of e2d',
  'auto-tls': 'e2d itself could not tell such an etcd from a stranger',
  'peer-cert-file': 'use --peer-cert',
  'peer-key-file': 'use --peer-key',
  'peer-trusted-ca-file': 'use --peer-ca-cert or --ca-cert',
  'peer-client-cert-auth': 'members always show a certificate where there is TLS',
  'peer-client-cert-file': 'use --peer-cert',
  'peer-client-key-file': 'use --peer-key',
  'peer-auto-tls': 'members could not tell one another from strangers',
  'log-outputs': 'e2d reads why etcd ended from its standard error',
  logger: 'e2d reads why etcd ended from its log',
};

export interface ExtraFlag {
  readonly flag: string;
  /** Null for a switch without a value. */
  readonly value: string | null;
}

/** Reads etcd arguments in any form that etcd takes: `--a=b`, `--a b`, `-a b`, `--a`. */
export function parseExtraArguments(args: readonly string[]): {
  readonly flags: readonly ExtraFlag[];
  readonly problems: readonly string[];
} {
  const flags: ExtraFlag[] = [];
  const problems: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index] ?? '';
    const parts = /^--?([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(argument);
    const flag = parts?.[1];
    if (flag === undefined) {
      // It may be a value that lost its flag, and a secret: it is not repeated.
      problems.push(`word ${index + 1} of etcd's extra arguments is no flag; write --flag=value`);
      continue;
    }
    const next = args[index + 1];
    const takesNext = parts?.[2] === undefined && next !== undefined && !next.startsWith('-');
    if (takesNext) index += 1;
    flags.push({ flag, value: parts?.[2] ?? (takesNext ? next : null) });
    const owned = ownershipProblem(flag);
    if (owned !== null) problems.push(owned);
  }
  return { flags, problems };
}

/** The flags that variables like `ETCD_SNAPSHOT_COUNT` set. */
export function flagsOfEnvironment(names: readonly string[]): readonly string[] {
  return names
    .filter((name) => name.startsWith('ETCD_'))
    .map((name) => name.slice('ETCD_'.length).toLowerCase().replaceAll('_', '-'));
}

/** Everything that is wrong with arguments and variables a person wants to hand to etcd. */
export function extraArgumentProblems(
  args: readonly string[],
  passEnv: readonly string[] = [],
): readonly string[] {
  const ofEnvironment = flagsOfEnvironment(passEnv)
    .map(ownershipProblem)
    .filter((problem) => problem !== null);
  return [...parseExtraArguments(args).problems, ...ofEnvironment];
}

function ownershipProblem(flag: string): string | null {
  const instead = Object.hasOwn(ownedFlags, flag) ? ownedFlags[flag] : undefined;
  return instead === undefined ? null : `etcd's --${flag} is set by e2d itself: ${instead}`;
}
