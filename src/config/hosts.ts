import { isIP } from 'node:net';
import { textOf } from '../errors/e2d-error.ts';
import { isLinkLocal, isLoopback, isUnspecified } from './address.ts';
import type { OpenFindings } from './given.ts';
import type { TlsFiles } from './node-config.ts';
import type { OptionValues } from './options.ts';
import type { Surroundings } from './surroundings.ts';
import type { Origins } from './values.ts';
import { called } from './values.ts';

/** The three things that listen, by their options. */
export const roles = ['client-addr', 'peer-addr', 'gossip-addr'] as const;
export type Role = (typeof roles)[number];

export interface ListenerRequest {
  readonly values: OptionValues;
  readonly origins: Origins;
  readonly tls: Pick<TlsFiles, 'migration'> | null;
  readonly surroundings: Surroundings;
}

/** A host as others are told of it (a name stays a name), and the IP behind it. */
export interface Host {
  readonly told: string;
  readonly ip: string;
}

/** Stands in wherever an address leaves its host open. Undefined after a problem. */
export async function chooseHost(
  request: ListenerRequest,
  findings: OpenFindings,
): Promise<Host | undefined> {
  const { values, origins, tls, surroundings } = request;
  if (values.host !== undefined) {
    return resolve(called('host', origins), values.host, { ...request, findings });
  }
  const written = roles.map((role) => values[role].host);
  if (
    values['required-cluster-size'] === 1 &&
    tls === null &&
    written.every((host) => host === null)
  ) {
    return { told: '127.0.0.1', ip: '127.0.0.1' };
  }
  const detected = firstReachableAddress(surroundings.networkInterfaces());
  if (detected !== undefined) return { told: detected, ip: detected };
  const [client] = written;
  if (client && written.every((host) => host !== null && !isUnspecified(host))) {
    return resolve(called('client-addr', origins), client, { ...request, findings });
  }
  findings.problems.push(
    'This machine has no address besides loopback ones; --host must say which address to use.',
  );
  return undefined;
}

interface Resolving {
  readonly values: ListenerRequest['values'];
  readonly surroundings: Surroundings;
  readonly findings: OpenFindings;
}

/** The IP of one of this node's own hosts, which must be known: etcd binds IPs only. */
export async function resolve(
  origin: string,
  host: string,
  { values, surroundings, findings }: Resolving,
): Promise<Host | undefined> {
  if (isIP(host) !== 0) return { told: host, ip: host };
  let ip: string;
  try {
    ip = await surroundings.resolveHost(host);
  } catch (error) {
    findings.problems.push(
      `${origin} names the host "${host}", which has no address (${textOf(error)}).`,
    );
    return undefined;
  }
  if (isLoopback(ip) && !isLoopback(host) && values['required-cluster-size'] > 1) {
    findings.warnings.push(
      `${origin} names the host "${host}", which is the loopback address ${ip} on this machine; ` +
        'other machines cannot reach what binds it.',
    );
  }
  return { told: host, ip };
}

/** IPv4 before IPv6, and addresses that need a zone not at all. */
export function firstReachableAddress(
  interfaces: ReturnType<Surroundings['networkInterfaces']>,
): string | undefined {
  const candidates = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !isLinkLocal(address));
  return (candidates.find(({ family }) => family === 'IPv4') ?? candidates[0])?.address;
}
