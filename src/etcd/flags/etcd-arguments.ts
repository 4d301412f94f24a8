import { resolve } from 'node:path';
import type { EtcdLaunch } from '../../../machines/facts.ts';
import { E2dError } from '../../errors/e2d-error.ts';
import { type DefaultFlag, defaultFlags, type FlagSpelling } from './default-flags.ts';
import { type EtcdVersion, isAtLeast, parseEtcdVersion } from './etcd-version.ts';
import {
  type ExtraFlag,
  extraArgumentProblems,
  flagsOfEnvironment,
  parseExtraArguments,
} from './extra-arguments.ts';

/** Paths only: a secret never stands in a process's arguments. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Whoever connects must then show a certificate signed by this authority. */
  readonly trustedCaFile?: string;
}

export interface EtcdArgumentsInput {
  readonly name: string;
  readonly dataDir: string;
  readonly listenPeerUrls: readonly string[];
  readonly advertisePeerUrls: readonly string[];
  readonly listenClientUrls: readonly string[];
  readonly advertiseClientUrls: readonly string[];
  /** Null for a restart from existing data, where etcd ignores it. */
  readonly launch: EtcdLaunch | null;
  readonly tls?: { readonly client?: TlsFiles; readonly peer?: TlsFiles };
  readonly etcdVersion: string;
  /** As given to etcd's own command line; they win over `defaultFlags`. */
  readonly extraArgs?: readonly string[];
  /** Variables that will be in etcd's environment; a flag they set is left to them. */
  readonly passEnv?: readonly string[];
}

type Flags = Map<string, string | null>;

/**
 * etcd's command line, one `--flag=value` each. Throws `E2D_BAD_ETCD_ARGS` (exit 2) when the extra
 * arguments cannot be read or touch what e2d must set itself.
 */
export function etcdArguments(input: EtcdArgumentsInput): readonly string[] {
  const problems = extraArgumentProblems(input.extraArgs ?? [], input.passEnv ?? []);
  if (problems.length > 0) {
    throw new E2dError(`The extra arguments for etcd cannot be used: ${problems.join('; ')}.`, {
      code: 'E2D_BAD_ETCD_ARGS',
      remedy: 'Correct --etcd-extra-args.',
      exit: 2,
    });
  }
  const version = parseEtcdVersion(input.etcdVersion);
  const flags: Flags = new Map(nodeFlags(input));
  const rows = defaultFlags.filter((row) => isFor(row, input));
  const gates = addDefaults(flags, version, rows);
  for (const flag of flagsOfEnvironment(input.passEnv ?? [])) flags.delete(flag);
  applyExtra(flags, gates, parseExtraArguments(input.extraArgs ?? []).flags);
  if (gates.size > 0 && !(input.passEnv ?? []).includes('ETCD_FEATURE_GATES')) {
    flags.set('feature-gates', [...gates].map(([gate, value]) => `${gate}=${value}`).join(','));
  }
  return [...flags].map(([flag, value]) => (value === null ? `--${flag}` : `--${flag}=${value}`));
}

function isFor(row: DefaultFlag, input: EtcdArgumentsInput): boolean {
  const { launch, tls, listenClientUrls } = input;
  if (row.notOfRestored && launch?.isRestored) return false;
  const showThem = tls?.client?.trustedCaFile !== undefined;
  // Clients in plain, on their way to TLS, still have all that they had.
  return !row.withClientCertificates || (showThem && listenClientUrls.every(isTls));
}

function isTls(url: string): boolean {
  return url.startsWith('https:');
}

function nodeFlags(input: EtcdArgumentsInput): [string, string][] {
  const { launch, tls } = input;
  const flags: [string, string][] = [
    ['name', input.name],
    ['data-dir', resolve(input.dataDir)],
    ['listen-peer-urls', input.listenPeerUrls.join(',')],
    ['listen-client-urls', input.listenClientUrls.join(',')],
    ['advertise-client-urls', input.advertiseClientUrls.join(',')],
    ['initial-advertise-peer-urls', input.advertisePeerUrls.join(',')],
  ];
  if (launch === null) {
    const urls = input.advertisePeerUrls.map((url) => `${input.name}=${url}`);
    flags.push(['initial-cluster', urls.join(',')], ['initial-cluster-state', 'existing']);
  } else {
    flags.push(
      ['initial-cluster', launch.initialCluster],
      ['initial-cluster-state', launch.clusterState],
      ['initial-cluster-token', launch.clusterToken],
    );
  }
  return [...flags, ...tlsFlags('', tls?.client), ...tlsFlags('peer-', tls?.peer)];
}

function tlsFlags(prefix: '' | 'peer-', files: TlsFiles | undefined): [string, string][] {
  if (files === undefined) return [];
  const flags: [string, string][] = [
    [`${prefix}cert-file`, resolve(files.certFile)],
    [`${prefix}key-file`, resolve(files.keyFile)],
  ];
  if (files.trustedCaFile !== undefined) {
    flags.push([`${prefix}trusted-ca-file`, resolve(files.trustedCaFile)]);
    flags.push([`${prefix}client-cert-auth`, 'true']);
  }
  return flags;
}

/** Adds what these rows say to `flags`, and returns the feature gates among them. */
function addDefaults(
  flags: Flags,
  version: EtcdVersion,
  rows: readonly DefaultFlag[],
): Map<string, string> {
  const gates = new Map<string, string>();
  for (const row of rows) {
    const spelling = spellingFor(row, version);
    if (spelling === undefined) continue;
    if (spelling.gate === undefined) flags.set(spelling.flag, row.value);
    else gates.set(spelling.gate, row.value);
  }
  return gates;
}

function spellingFor(row: DefaultFlag, version: EtcdVersion): FlagSpelling | undefined {
  return row.spellings.findLast((spelling) => isAtLeast(version, spelling.since));
}

/**
 * Theirs win. Gates are merged key by key. etcd 3.6 refuses a setting that is given in its old and
 * its new spelling at once, so one of theirs, however spelled, takes the place of ours.
 */
function applyExtra(flags: Flags, gates: Map<string, string>, extra: readonly ExtraFlag[]): void {
  for (const { flag, value } of extra) {
    if (flag === 'feature-gates') {
      for (const pair of (value ?? '').split(',').filter((text) => text !== '')) {
        const [gate = '', setting = 'true'] = pair.split('=', 2);
        gates.set(gate, setting);
      }
      continue;
    }
    for (const row of defaultFlags) {
      if (!row.spellings.some((spelling) => spelling.flag === flag)) continue;
      for (const spelling of row.spellings) {
        flags.delete(spelling.flag);
        if (spelling.gate !== undefined) gates.delete(spelling.gate);
      }
    }
    flags.set(flag, value);
  }
}
