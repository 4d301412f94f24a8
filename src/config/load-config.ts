import { resolve } from 'node:path';
import { textOf } from '../errors/e2d-error.ts';
import type { Address } from './address.ts';
import { isUnspecified } from './address.ts';
import { badConfig } from './bad-config.ts';
import { decideRemoteControl } from './control-config.ts';
import type { Findings, Given, OpenFindings } from './given.ts';
import { decideListeners, defaultGossipPort } from './listeners.ts';
import type { Endpoint, NodeConfig } from './node-config.ts';
import type { OptionValues } from './options.ts';
import type { Paths } from './paths.ts';
import { controlSocketOf, resolvePaths, socketPathFits } from './paths.ts';
import { checkRules } from './rules.ts';
import { decideSnapshots } from './snapshot-config.ts';
import type { Surroundings } from './surroundings.ts';
import { decideTls, reportUnreadable } from './tls-files.ts';
import type { Origins } from './values.ts';
import { called, readValues } from './values.ts';
import { fromVariables } from './variables.ts';

/** Options from the command line, and what was already found wrong with it. */
export interface CommandLine extends Findings {
  readonly given: readonly Given[];
}

/**
 * The configuration of this node: flags over `E2D_*` variables over the file over defaults.
 * Does nothing but read through `surroundings`.
 *
 * @throws E2dError `E2D_BAD_CONFIG` that lists every problem at once.
 */
export async function loadConfig(
  commandLine: CommandLine,
  surroundings: Surroundings,
): Promise<NodeConfig> {
  const findings: OpenFindings = {
    problems: [...commandLine.problems],
    warnings: [...commandLine.warnings],
  };
  const { values, origins } = await gather(commandLine.given, surroundings, findings);
  const misspelt = [...findings.warnings];
  checkRules(values, origins, findings);
  const security = decideTls(values, origins, { surroundings, findings });
  const snapshots = decideSnapshots(values, surroundings);
  reportUnreadableKeys(values, origins, { surroundings, findings });
  const { tls } = security;
  const listeners = await decideListeners({ values, origins, tls, surroundings }, findings);
  const remoteControl = await decideRemoteControl(
    { values, origins, surroundings, tls, listeners },
    findings,
  );
  const paths = resolvePaths(values, surroundings);
  reportLongSocketPath(paths, origins, findings);
  if (findings.problems.length > 0 || listeners === undefined) {
    throw badConfig({ problems: findings.problems, warnings: misspelt }, 'e2d run --help');
  }
  return {
    ...settled(values, surroundings),
    ...security,
    remoteControl,
    gossipKeyFile: gossipKeyFileOf(values, surroundings),
    snapshots,
    dataDir: paths.dataDir,
    stateDir: paths.stateDir,
    etcd: etcdConfig(values, paths, surroundings),
    ...listeners,
    bootstrapAddresses: (values['bootstrap-addrs'] ?? []).map((seed) =>
      toSeed(seed, listeners.host),
    ),
    warnings: findings.warnings,
  };
}

/**
 * The option values alone, for commands that need a few of them: `status`, `etcd install`. All of
 * them are checked nevertheless: they are the node's.
 *
 * @throws E2dError `E2D_BAD_CONFIG`
 */
export async function loadValues(
  { help, flags }: { readonly help: string; readonly flags: CommandLine },
  surroundings: Surroundings,
): Promise<OptionValues> {
  const findings: OpenFindings = {
    problems: [...flags.problems],
    warnings: [...flags.warnings],
  };
  const { values } = await gather(flags.given, surroundings, findings);
  if (findings.problems.length > 0) throw badConfig(findings, help);
  return values;
}

async function gather(
  flags: readonly Given[],
  surroundings: Surroundings,
  findings: OpenFindings,
): Promise<{ readonly values: OptionValues; readonly origins: Origins }> {
  const variables = fromVariables(surroundings.env, findings);
  const named = [...flags]
    .reverse()
    .concat(variables)
    .find(({ option }) => option === 'config');
  const file = named === undefined ? [] : await readFile(named, surroundings, findings);
  return readValues([flags, variables, file], findings);
}

async function readFile(
  { origin, text }: Given,
  surroundings: Surroundings,
  findings: OpenFindings,
): Promise<readonly Given[]> {
  const path = resolve(surroundings.cwd, text);
  try {
    const yaml = surroundings.readFile(path);
    const { fromFile } = await import('./config-file.ts');
    return fromFile(path, yaml, findings);
  } catch (error) {
    findings.problems.push(`${origin} "${path}" cannot be read (${textOf(error)}).`);
    return [];
  }
}

function settled(values: OptionValues, { logIsTerminal }: Surroundings) {
  const healthCheckTimeoutMs = values['health-check-timeout'];
  return {
    name: values.name ?? null,
    requiredSize: values['required-cluster-size'],
    healthCheckTimeoutMs,
    healthCheckIntervalMs:
      values['health-check-interval'] ?? Math.min(60_000, healthCheckTimeoutMs / 5),
    bootstrapTimeoutMs: values['bootstrap-timeout'],
    learnerTimeoutMs: values['learner-timeout'],
    maxRemovalsPerHour: values['max-removals-per-hour'],
    onExit: values['on-exit'],
    logLevel: values['log-level'] ?? (values.verbose ? 'debug' : 'info'),
    logFormat: values['log-format'] ?? (logIsTerminal ? 'pretty' : 'json'),
    verbose: values.verbose,
  } satisfies Partial<NodeConfig>;
}

function etcdConfig(
  values: OptionValues,
  { etcdCacheDir }: Paths,
  { cwd }: Surroundings,
): NodeConfig['etcd'] {
  const binDir = values['etcd-bin-dir'];
  return {
    binDir: binDir === undefined ? null : resolve(cwd, binDir),
    cacheDir: etcdCacheDir,
    version: values['etcd-version']?.replace(/^v/, '') ?? null,
    releasesUrl: values['etcd-releases-url'] ?? null,
    extraArgs: values['etcd-extra-args'] ?? [],
    passEnv: values['etcd-pass-env'] ?? [],
  };
}

/** An unspecified seed means this machine, as it always did. */
function toSeed({ host, port }: Address, ownHost: string): Endpoint {
  const known = host === null || isUnspecified(host) ? ownHost : host;
  return { host: known, port: port ?? defaultGossipPort };
}

function gossipKeyFileOf(values: OptionValues, { cwd }: Surroundings): string | null {
  const written = values['gossip-key-file'];
  return written === undefined ? null : resolve(cwd, written);
}

function reportUnreadableKeys(
  values: OptionValues,
  origins: Origins,
  options: { readonly surroundings: Surroundings; readonly findings: OpenFindings },
): void {
  for (const option of ['snapshot-encryption-key-file', 'gossip-key-file'] as const) {
    const written = values[option];
    if (written === undefined) continue;
    const path = resolve(options.surroundings.cwd, written);
    reportUnreadable(called(option, origins), path, options);
  }
}

function reportLongSocketPath(
  { stateDir }: Paths,
  origins: Origins,
  { problems }: OpenFindings,
): void {
  const socket = controlSocketOf(stateDir);
  if (socketPathFits(socket)) return;
  const origin = origins.has('state-dir')
    ? called('state-dir', origins)
    : called('data-dir', origins);
  problems.push(
    `${origin} puts the control socket at "${socket}", which is longer than a socket's path may ` +
      'be (107 bytes); give a shorter --state-dir.',
  );
}
