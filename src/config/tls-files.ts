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
  'peer-ca-cert',
  'server-cert',
  'server-key',
  'peer-cert',
  'peer-key',
  'client-cert',
  'client-key',
] as const;
type FileOption = (typeof fileOptions)[number];
type Paths = ReadonlyMap<FileOption, string>;

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
  reportMigration(values, { paths, origins, findings });
  reportClientAuth(values, { paths, origins, findings });
  const caCertFile = paths.get('ca-cert');
  const server = pair(paths, 'server');
  const peer = pair(paths, 'peer');
  const complete = caCertFile !== undefined && server !== undefined && peer !== undefined;
  return {
    tls: complete
      ? {
          caCertFile,
          peerCaCertFile: paths.get('peer-ca-cert') ?? caCertFile,
          clientCertAuth: values['client-cert-auth'],
          server,
          peer,
          client: pair(paths, 'client') ?? peer,
          migration: values['tls-migration'] ?? null,
        }
      : null,
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

/** TLS for clients and members comes as one set: with half of it etcd could not reach itself. */
function reportMissing(paths: Paths, origins: Origins, { problems }: OpenFindings): void {
  const [first] = asksForTls.filter((option) => paths.has(option));
  if (first === undefined) return;
  for (const role of ['server', 'peer', 'client'] as const) {
    const [cert, key] = [`${role}-cert`, `${role}-key`] as const;
    if (paths.has(cert) === paths.has(key)) continue;
    const [given, missing] = paths.has(cert) ? [cert, key] : [key, cert];
    problems.push(`${called(given, origins)} is given without --${missing}.`);
  }
  const asker = `${called(first, origins)} asks for TLS, which also needs`;
  if (!paths.has('ca-cert')) {
    problems.push(`${asker} --ca-cert: nobody could be told from a stranger.`);
  }
  if (!paths.has('server-cert') && !paths.has('server-key')) {
    problems.push(
      `${asker} --server-cert and --server-key: etcd could show nothing to its clients.`,
    );
  }
  if (!paths.has('peer-cert') && !paths.has('peer-key')) {
    problems.push(
      `${asker} --peer-cert and --peer-key: etcd could show nothing to the other members.`,
    );
  }
}

/** Asked for without TLS it would be a lock without a door; taken away, the door is open. */
function reportClientAuth(
  values: OptionValues,
  { paths, origins, findings }: { paths: Paths; origins: Origins; findings: OpenFindings },
): void {
  const tls = asksForTls.some((option) => paths.has(option));
  const origin = called('client-cert-auth', origins);
  if (tls && !values['client-cert-auth']) {
    findings.warnings.push(
      `Clients of etcd are asked for no certificate, because ${origin} is false: anybody who can ` +
        "connect may do whatever etcd's own users and roles do not forbid.",
    );
  }
  if (tls || !values['client-cert-auth'] || !origins.has('client-cert-auth')) return;
  findings.problems.push(
    `${origin} is given without TLS, so that nobody would be asked for a certificate: give ` +
      '--ca-cert, --server-cert, --server-key, --peer-cert and --peer-key too.',
  );
}

function reportMigration(
  values: OptionValues,
  { paths, origins, findings }: { paths: Paths; origins: Origins; findings: OpenFindings },
): void {
  if (values['tls-migration'] === undefined) return;
  if (asksForTls.some((option) => paths.has(option))) return;
  findings.problems.push(
    `${called('tls-migration', origins)} is given without TLS: give --ca-cert, --server-cert, ` +
      '--server-key, --peer-cert and --peer-key too.',
  );
}

function pair(paths: Paths, role: 'server' | 'peer' | 'client'): KeyPairFiles | undefined {
  const certFile = paths.get(`${role}-cert`);
  const keyFile = paths.get(`${role}-key`);
  return certFile !== undefined && keyFile !== undefined ? { certFile, keyFile } : undefined;
}
