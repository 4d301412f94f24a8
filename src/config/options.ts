import type { Kind } from './kinds.ts';
import * as kinds from './kinds.ts';
import type { Option } from './option.ts';
import { option } from './option.ts';
import { snapshotOptions } from './snapshot-options.ts';

const nodeName = kinds.matching(
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
  'at most 63 letters, digits, dots, dashes and underscores, a letter or digit first',
  'NAME',
);
const etcdVersion = kinds.matching(
  /^v?\d{1,4}\.\d{1,4}(\.\d{1,4})?$/,
  'a version of etcd such as 3.6.6, or 3.6 for its newest patch',
  'VERSION',
);
const discovery = kinds.matching(
  /^\P{Cc}+$/u,
  'aws-autoscaling-group, ec2-tags:KEY=VALUE or do-tags:TAG',
  'METHOD',
);

/**
 * Every option of e2d: flags, variables, file keys, help, completion and documents come from here.
 */
export const options = {
  name: option(nodeName, {
    group: 'Node',
    help: "the member's name",
    defaultNote: 'the name in the state dir, else a random one',
  }),
  'data-dir': option(kinds.directory, {
    group: 'Node',
    help: "etcd's data directory",
    default: 'data',
  }),
  'state-dir': option(kinds.directory, {
    group: 'Node',
    help: "directory of e2d's own files and control socket",
    defaultNote: 'e2d in the data directory',
  }),
  host: option(kinds.host, {
    group: 'Node',
    help: 'address to bind and advertise where another option leaves it open',
    defaultNote: '127.0.0.1 for a single node without TLS, else the first non-loopback address',
  }),
  'client-addr': option(kinds.address, {
    group: 'Node',
    help: 'address for clients of etcd',
    default: ':2379',
  }),
  'peer-addr': option(kinds.address, {
    group: 'Node',
    help: 'address for the other etcd members',
    default: ':2380',
  }),
  'gossip-addr': option(kinds.address, {
    group: 'Node',
    help: 'address for gossip, over TCP and UDP',
    default: ':7980',
  }),
  'control-addr': option(kinds.address, {
    group: 'Node',
    help: 'address for "e2d status, inspect, metrics, restore --endpoint" of other machines; needs TLS',
    defaultNote: 'no remote control',
  }),
  'on-exit': option(kinds.choice('stop-etcd', 'keep-etcd'), {
    group: 'Node',
    help: 'what an orderly stop does with etcd',
    default: 'stop-etcd',
  }),

  'required-cluster-size': option(kinds.integerOf(1, 3, 5, 7), {
    group: 'Cluster',
    help: 'number of members of the cluster',
    default: '1',
    short: 'n',
  }),
  'bootstrap-addrs': option(kinds.addresses, {
    group: 'Cluster',
    help: 'gossip addresses of other nodes; needed for more than one member',
  }),
  'bootstrap-timeout': option(kinds.duration(1000), {
    group: 'Cluster',
    help: 'how long to try to form or join a cluster',
    default: '30m',
  }),
  'health-check-interval': option(kinds.duration(100), {
    group: 'Cluster',
    help: 'time between two looks at the members',
    defaultNote: '1m, or a fifth of --health-check-timeout if that is less',
    formerly: ['healthcheck-interval'],
  }),
  'health-check-timeout': option(kinds.duration(1000), {
    group: 'Cluster',
    help: 'how long a member must be gone before it may be removed',
    default: '5m',
    formerly: ['healthcheck-timeout'],
  }),
  'learner-timeout': option(kinds.duration(1000), {
    group: 'Cluster',
    help: 'how long a new member may take to catch up',
    default: '10m',
  }),
  'max-removals-per-hour': option(kinds.integer(0, 1000), {
    group: 'Cluster',
    help: 'automatic removals of members in any hour; past them e2d waits for an operator',
    default: '3',
  }),

  'ca-cert': option(kinds.file, {
    group: 'TLS',
    help: 'certificate (PEM) of the authority that clients and members are checked against',
  }),
  'ca-key': option(kinds.file, {
    group: 'TLS',
    help: "the authority's private key (PEM), of which the gossip key is derived",
  }),
  'peer-ca-cert': option(kinds.file, {
    group: 'TLS',
    help: 'certificate (PEM) of the authority that members alone are checked against',
    defaultNote: '--ca-cert',
  }),
  'gossip-key-file': option(kinds.file, {
    group: 'TLS',
    help: 'keys of gossip, one a line, the first to send with; overrules the one of --ca-key',
  }),
  'server-cert': option(kinds.file, { group: 'TLS', help: 'certificate shown to clients' }),
  'server-key': option(kinds.file, { group: 'TLS', help: 'private key of --server-cert' }),
  'peer-cert': option(kinds.file, { group: 'TLS', help: 'certificate shown to other members' }),
  'peer-key': option(kinds.file, { group: 'TLS', help: 'private key of --peer-cert' }),
  'client-cert': option(kinds.file, {
    group: 'TLS',
    help: 'certificate that e2d itself shows to etcd',
    defaultNote: '--peer-cert',
  }),
  'client-key': option(kinds.file, {
    group: 'TLS',
    help: 'private key of --client-cert',
    defaultNote: '--peer-key',
  }),
  'client-cert-auth': option(kinds.toggle, {
    group: 'TLS',
    help: 'let in only clients with a certificate of the authority; members always need one',
    default: 'true',
  }),
  'tls-migration': option(kinds.choice('prepare', 'switch'), {
    group: 'TLS',
    help: 'step by which a running cluster goes from plain HTTP to TLS, one node after the other',
    defaultNote: 'TLS alone, where certificates are given',
  }),

  'control-ca-cert': option(kinds.file, {
    group: 'TLS',
    help: 'certificate (PEM) of the authority that clients of --control-addr are checked against',
    defaultNote: '--ca-cert',
  }),

  'etcd-bin-dir': option(kinds.directory, {
    group: 'etcd',
    help: 'directory of etcd, etcdctl and etcdutl; searched before any other place',
  }),
  'etcd-cache-dir': option(kinds.directory, {
    group: 'etcd',
    help: 'directory that e2d installs etcd into',
    defaultNote: '$XDG_CACHE_HOME/e2d/etcd',
  }),
  'etcd-version': option(etcdVersion, {
    group: 'etcd',
    help: 'version of etcd to run',
    defaultNote: 'the newest that e2d knows',
  }),
  'etcd-releases-url': option(kinds.webAddress('https', 'http'), {
    group: 'etcd',
    help: "base address of a mirror of etcd's release archives",
    defaultNote: 'the official one',
  }),
  'etcd-extra-args': option(kinds.programArguments, {
    secret: true,
    group: 'etcd',
    help: 'further flags for etcd',
  }),
  'etcd-pass-env': option(kinds.variableNames, {
    group: 'etcd',
    help: 'environment variables that etcd may inherit from e2d',
  }),

  'peer-discovery': option(discovery, {
    group: 'Discovery',
    help: 'find peers through a cloud (not available yet)',
    formerly: ['provider'],
  }),
  'do-access-token': option(kinds.text, {
    group: 'Discovery',
    help: 'DigitalOcean access token',
    formerly: ['digitalocean-access-token'],
    secret: true,
    unused: true,
  }),

  ...snapshotOptions,

  config: option(kinds.file, {
    group: 'Output',
    help: 'YAML file of options, keyed by their flags without dashes in front',
    notInFile: true,
  }),
  'log-level': option(kinds.choice('trace', 'debug', 'info', 'warn', 'error', 'fatal'), {
    group: 'Output',
    help: 'least serious message to log',
    defaultNote: 'info, or debug with --verbose',
  }),
  'log-format': option(kinds.choice('json', 'pretty'), {
    group: 'Output',
    help: 'how the log is written, on standard error',
    defaultNote: 'pretty on a terminal, else json',
  }),
  verbose: option(kinds.toggle, {
    group: 'Output',
    help: 'log more, and show the cause of errors',
    default: 'false',
    short: 'v',
  }),
};

type Options = typeof options;
export type OptionName = keyof Options;

/** The values of all options: undefined only where there is neither a value nor a default. */
export type OptionValues = {
  readonly [N in OptionName]: Options[N] extends { kind: Kind<infer T>; default: string }
    ? T
    : Options[N] extends { kind: Kind<infer T> }
      ? T | undefined
      : never;
};

export const optionNames = Object.keys(options) as readonly OptionName[];

/** The option of a flag or file key without dashes in front, in today's or a former spelling. */
export function findOption(spelling: string): OptionName | undefined {
  return byAnySpelling.get(spelling);
}

/** The environment variable of an option: `data-dir` is `E2D_DATA_DIR`. */
export function variableOf(spelling: string): string {
  return `E2D_${spelling.toUpperCase().replaceAll('-', '_')}`;
}

export function optionOf(name: OptionName): Option {
  return options[name];
}

const byAnySpelling = new Map<string, OptionName>(
  optionNames.flatMap((name) =>
    [name, ...(optionOf(name).formerly ?? [])].map((spelling) => [spelling, name] as const),
  ),
);
