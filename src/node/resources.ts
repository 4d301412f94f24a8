import type { Observable, SchedulerLike } from 'rxjs';
import type { Identity, Peer } from '../../machines/facts.ts';
import type { NodeConfig } from '../config/node-config.ts';
import type { EtcdEndpoint } from '../etcd/client/endpoint.ts';
import type { EndpointPool } from '../etcd/client/endpoint-pool.ts';
import type { Clock } from './clock.ts';
import type { EtcdProcess, Host } from './host.ts';
import type { PeerGossip } from './peer-gossip.ts';

/** What a node holds while it lives, and must give back when it ends. */
export interface NodeResources {
  readonly config: NodeConfig;
  readonly clock: Clock;
  /** The same time, for streams. */
  readonly scheduler: SchedulerLike;
  readonly host: Host;
  /** Starts gossip under this identity. */
  readonly meetPeers: (identity: Identity) => Promise<PeerGossip>;
  /** One connection for each client URL that is asked. */
  readonly endpoints: EndpointPool;
  /** Our own etcd's client endpoint. */
  readonly own: EtcdEndpoint;
  /** How often the members are to be asked: slow while all is quiet. */
  readonly membersEveryMs$: Observable<number>;
  readonly ownEveryMs$: Observable<number>;
  /** The client URL to read the member list from: our own, unless our member is a learner. */
  readonly listFrom$: Observable<string>;
  /** These are set once the host was read. */
  etcd: EtcdProcess | null;
  launching: Promise<{ readonly pid: number }> | null;
  gossip: PeerGossip | null;
}

export function peersOf({ gossip }: NodeResources): readonly Peer[] {
  return gossip?.peers() ?? [];
}
