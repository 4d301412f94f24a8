import { loadConfig } from '../config/load-config.ts';
import type { NodeConfig } from '../config/node-config.ts';
import type { EtcdEndpoint } from '../etcd/client/endpoint.ts';
import { createEndpointPool } from '../etcd/client/endpoint-pool.ts';
import { checkClientTls } from '../node/check-tls.ts';
import { systemClock } from '../node/clock.ts';
import { endpointTls } from '../node/tls.ts';
import type { Invocation } from './command.ts';
import type { Session } from './snapshot-session.ts';

/**
 * The configuration of the node on this machine, for a command that does not gossip: seeds are not
 * asked for.
 */
export async function nodeConfigOf(
  { flags }: Pick<Invocation, 'flags'>,
  { values, surroundings }: Session,
): Promise<NodeConfig> {
  if (values['bootstrap-addrs'] !== undefined) return loadConfig(flags, surroundings);
  const seeds = { option: 'bootstrap-addrs', origin: '--bootstrap-addrs', text: '127.0.0.1' };
  return loadConfig({ ...flags, given: [...flags.given, seeds] }, surroundings);
}

/** Does something with this node's own etcd. */
export async function withOwnEtcd<T>(
  invocation: Invocation,
  session: Session,
  work: (etcd: EtcdEndpoint) => Promise<T>,
): Promise<T> {
  const config = await nodeConfigOf(invocation, session);
  await checkClientTls(config.tls, systemClock.wallTime());
  const pool = createEndpointPool(await endpointTls(config.tls));
  try {
    return await work(pool.at(config.urls.clientAdvertise));
  } finally {
    pool.close();
  }
}
