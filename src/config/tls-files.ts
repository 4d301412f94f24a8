import { resolve } from 'node:path';
import { textOf } from '../errors/e2d-error.ts';
import type { OpenFindings } from './given.ts';
import type { KeyPairFiles, TlsFiles } from './node-config.ts';
import type { OptionValues } from './options.ts';
import type { Surroundings } from './surroundings.ts';
import type { Origins } from './values.ts';
import { called } from './values.ts';

const fileOptions = [
  'ca-cert',
  'ca-key',
  'server-cert',
  'server-key',
  'peer-cert',
  'peer-key',
  'client-cert',
  'client-key',
] as const;
type FileOption = (typeof fileOptions)[number];

/** TLS for clients and members comes as one set: with half of it etcd could not reach itself. */
const needed = ['ca-cert', 'server-cert', 'server-key', 'peer-cert', 'peer-key'] as const;
/** `ca-key` alone is allowed: it encrypts gossip. */
const asksForTls = fileOptions.filter((option) => option !== 'ca-key');

export interface TlsDecision {
  readonly tls: TlsFiles | null;
  readonly caKeyFile: string | null;
}

export function decideTls(
  values: OptionValues,
  origins: Origins,
  options: { readonly surroundings: Surroundings; readonly findings: OpenFindings },
): TlsDecision {
  const { surroundings, findings } = options;
  const paths = new Map<FileOption, string>();
  for (const option of fileOptions) {
    const written = values[option];
    if (written === undefined) continue;
    const path = resolve(surroundings.cwd, written);
    paths.set(option, path);
    reportUnreadable(called(option, origins), path, options);
  }
  reportMissing(paths, origins, findings);
  const caCertFile = paths.get('ca-cert');
  const server = pair(paths, 'server');
  const peer = pair(paths, 'peer');
  const complete = caCertFile !== undefined && server !== undefined && peer !== undefined;
  return {
    tls: complete ? { caCertFile, server, peer, client: pair(paths, 'client') ?? peer } : null,
    caKeyFile: paths.get('ca-key') ?? null,
  };
}

/** A file that is named must be there and be readable by e2d. */
export function reportUnreadable(
  origin: string,
  path: string,
  { surroundings, findings }: { surroundings: Surroundings; findings: OpenFindings },
): void {
  try {
    surroundings.readFile(path);
  } catch (error) {
    findings.problems.push(`${origin} "${path}" cannot be read (${textOf(error)}).`);
  }
}

function reportMissing(
  paths: ReadonlyMap<FileOption, string>,
  origins: Origins,
  { problems }: OpenFindings,
): void {
  const given = asksForTls.filter((option) => paths.has(option));
  if (given.length === 0) return;
  const missing: FileOption[] = needed.filter((option) => !paths.has(option));
  if (paths.has('client-cert') !== paths.has('client-key')) {
    missing.push(paths.has('client-cert') ? 'client-key' : 'client-cert');
  }
  if (missing.length === 0) return;
  const names = given.map((option) => called(option, origins)).join(', ');
  problems.push(
    `${names} asks for TLS, which also needs ${missing.map((option) => `--${option}`).join(', ')}.`,
  );
}

function pair(
  paths: ReadonlyMap<FileOption, string>,
  role: 'server' | 'peer' | 'client',
): KeyPairFiles | undefined {
  const certFile = paths.get(`${role}-cert`);
  const keyFile = paths.get(`${role}-key`);
  return certFile !== undefined && keyFile !== undefined ? { certFile, keyFile } : undefined;
}
