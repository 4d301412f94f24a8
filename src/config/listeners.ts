import { formatUrl, hostPort, isLoopback, isUnspecified } from './address.ts';
import type { OpenFindings } from './given.ts';
import type { Host, ListenerRequest, Role } from './hosts.ts';
import { chooseHost, resolve, roles } from './hosts.ts';
import type { EtcdUrls, GossipConfig } from './node-config.ts';
import type { Origins } from './values.ts';
import { called } from './values.ts';

const defaultPorts = { 'client-addr': 2379, 'peer-addr': 2380, 'gossip-addr': 7980 } as const;
export const defaultGossipPort = defaultPorts['gossip-addr'];

export interface Listeners {
  readonly host: string;
  readonly urls: EtcdUrls;
  readonly gossip: GossipConfig;
}

interface Listener {
  readonly port: number;
  /** An IP to bind, possibly unspecified. */
  readonly bind: string;
  readonly advertise: Host;
}

/** Decides what etcd and gossip bind and advertise. Undefined where a problem forbids an answer. */
export async function decideListeners(
  request: ListenerRequest,
  findings: OpenFindings,
): Promise<Listeners | undefined> {
  const host = await chooseHost(request, findings);
  if (host === undefined) return undefined;
  const client = await decideListener('client-addr', { host, request, findings });
  const peer = await decideListener('peer-addr', { host, request, findings });
  const gossip = await decideListener('gossip-addr', { host, request, findings });
  if (client === undefined || peer === undefined || gossip === undefined) return undefined;
  const all = { 'client-addr': client, 'peer-addr': peer, 'gossip-addr': gossip };
  reportSharedPorts(all, request.origins, findings);
  warnOfExposure(all, request, findings);
  const schemes = schemesOf(request.tls);
  return {
    host: host.told,
    urls: {
      clientListen: withLoopback(client.bind).flatMap((ip) =>
        schemes.served.map((scheme) => formatUrl(scheme, ip, client.port)),
      ),
      clientAdvertise: formatUrl(schemes.told, client.advertise.told, client.port),
      peerListen: [formatUrl(schemes.told, peer.bind, peer.port)],
      peerAdvertise: formatUrl(schemes.told, peer.advertise.told, peer.port),
    },
    gossip: {
      host: gossip.bind,
      port: gossip.port,
      advertise: { host: gossip.advertise.ip, port: gossip.port },
    },
  };
}

/** What etcd's clients may use, and what members and clients are told to use. */
function schemesOf(tls: ListenerRequest['tls']) {
  if (tls === null) return { served: ['http'], told: 'http' } as const;
  switch (tls.migration) {
    case 'prepare':
      return { served: ['http', 'https'], told: 'http' } as const;
    case 'switch':
      return { served: ['http', 'https'], told: 'https' } as const;
    case null:
      return { served: ['https'], told: 'https' } as const;
  }
}

interface Deciding {
  readonly host: Host;
  readonly request: ListenerRequest;
  readonly findings: OpenFindings;
}

async function decideListener(
  role: Role,
  { host, request, findings }: Deciding,
): Promise<Listener | undefined> {
  const written = request.values[role];
  const port = written.port ?? defaultPorts[role];
  if (written.host === null) return { port, bind: host.ip, advertise: host };
  if (isUnspecified(written.host)) return { port, bind: written.host, advertise: host };
  const own = await resolve(called(role, request.origins), written.host, { ...request, findings });
  return own && { port, bind: own.ip, advertise: own };
}

/** Tools on the machine itself find etcd on 127.0.0.1 whatever it binds besides. */
function withLoopback(ip: string): readonly string[] {
  return isLoopback(ip) || isUnspecified(ip) ? [ip] : [ip, '127.0.0.1'];
}

type All = Readonly<Record<Role, Listener>>;

function reportSharedPorts(all: All, origins: Origins, { problems }: OpenFindings): void {
  for (const [index, role] of roles.entries()) {
    for (const other of roles.slice(index + 1)) {
      const [a, b] = [all[role], all[other]];
      const sameHost = a.bind === b.bind || isUnspecified(a.bind) || isUnspecified(b.bind);
      const loopback = role === 'client-addr' && withLoopback(a.bind).includes(b.bind);
      if (a.port !== b.port || !(sameHost || loopback)) continue;
      const place = hostPort(isUnspecified(a.bind) ? b.bind : a.bind, a.port);
      problems.push(
        `${called(role, origins)} and ${called(other, origins)} are both ${place}; ` +
          'each needs a port of its own.',
      );
    }
  }
}

function warnOfExposure(
  all: All,
  { values, tls }: ListenerRequest,
  { warnings }: OpenFindings,
): void {
  const exposed = roles.filter((role) => !isLoopback(all[role].bind));
  const etcdExposed = exposed.some((role) => role !== 'gossip-addr');
  if (etcdExposed && tls === null) {
    warnings.push(
      'etcd is reachable from other machines without TLS: anybody who can connect can read and ' +
        'change everything. Give --ca-cert, --server-cert, --server-key, --peer-cert and --peer-key.',
    );
  }
  const hasGossipKey = [values['gossip-key-file'], values['ca-key']].some(Boolean);
  if (exposed.includes('gossip-addr') && tls !== null && !hasGossipKey) {
    warnings.push(
      'Gossip is not encrypted, although TLS is on: give --gossip-key-file, or --ca-key.',
    );
  }
  const mixed = exposed.length > 0 && exposed.length < roles.length;
  if (!mixed || values['required-cluster-size'] === 1) return;
  for (const role of roles) {
    if (!isLoopback(all[role].advertise.ip)) continue;
    warnings.push(
      `--${role} is on the loopback address ${all[role].advertise.ip}, where the other machines ` +
        'of the cluster cannot reach it.',
    );
  }
}
