import type { Identity } from '../../machines/facts.ts';
import type { Endpoint, NodeConfig } from '../config/node-config.ts';
import { createGossip } from '../gossip/gossip.ts';
import { Keyring } from '../gossip/wire/keyring.ts';
import type { Log } from '../log/create-log.ts';
import { gossipSettings, PeerGossip } from './peer-gossip.ts';
import { gossipKey } from './tls.ts';

/** Joins the gossip pool over real sockets, with the key that the CA's key gives. */
export async function meetRealPeers(
  config: NodeConfig,
  identity: Identity,
  log: Log,
): Promise<PeerGossip> {
  const { gossip, caKeyFile, bootstrapAddresses } = config;
  const pool = createGossip({
    name: identity.name,
    bind: { addr: gossip.host, port: gossip.port },
    advertise: { addr: gossip.advertise.host, port: gossip.advertise.port },
    bootstrap: bootstrapAddresses.map(hostPort),
    keyring: caKeyFile === null ? undefined : new Keyring([await gossipKey(caKeyFile)]),
    settings: gossipSettings,
  });
  pool.problems$.subscribe(({ code, subject, message }) => log.warn({ code, subject }, message));
  return PeerGossip.start(identity.name, pool);
}

function hostPort({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
