import type { Identity } from '../../machines/facts.ts';
import type { NodeConfig } from '../config/node-config.ts';
import { createGossip } from '../gossip/gossip.ts';
import type { Keyring } from '../gossip/wire/keyring.ts';
import type { Log } from '../log/create-log.ts';
import { PeerGossip, poolConfig } from './peer-gossip.ts';

export interface RealPeersOptions {
  /** Absent: gossip is not encrypted. */
  readonly keyring: Keyring | undefined;
  readonly log: Log;
}

/** Joins the gossip pool over real sockets. */
export async function meetRealPeers(
  config: NodeConfig,
  identity: Identity,
  { keyring, log }: RealPeersOptions,
): Promise<PeerGossip> {
  const pool = createGossip({ ...poolConfig(config, identity.name), keyring });
  pool.problems$.subscribe(({ code, subject, message }) => log.warn({ code, subject }, message));
  return PeerGossip.start(identity.name, pool);
}
