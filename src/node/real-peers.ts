import type { Identity } from '../../machines/facts.ts';
import type { NodeConfig } from '../config/node-config.ts';
import { createGossip } from '../gossip/gossip.ts';
import { Keyring } from '../gossip/wire/keyring.ts';
import type { Log } from '../log/create-log.ts';
import { PeerGossip, poolConfig } from './peer-gossip.ts';
import { gossipKey } from './tls.ts';

/** Joins the gossip pool over real sockets, with the key that the CA's key gives. */
export async function meetRealPeers(
  config: NodeConfig,
  identity: Identity,
  log: Log,
): Promise<PeerGossip> {
  const { caKeyFile } = config;
  const pool = createGossip({
    ...poolConfig(config, identity.name),
    keyring: caKeyFile === null ? undefined : new Keyring([await gossipKey(caKeyFile)]),
  });
  pool.problems$.subscribe(({ code, subject, message }) => log.warn({ code, subject }, message));
  return PeerGossip.start(identity.name, pool);
}
