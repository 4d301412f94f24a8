import type { Observable } from 'rxjs';
import type { Peer } from '../../machines/facts.ts';
import type { NodeConfig } from '../config/node-config.ts';
import type { EtcdBinaries } from '../etcd/binaries/etcd-binaries.ts';
import type { EtcdEndpoint } from '../etcd/client/endpoint.ts';
import type { EndpointPool } from '../etcd/client/endpoint-pool.ts';
import type { RunningEtcd } from '../etcd/process/running-etcd.ts';
import type { Log } from '../log/create-log.ts';
import type { Clock } from './clock.ts';
import type { PeerGossip } from './peer-gossip.ts';

/** What a node holds while it lives, and must give back when it ends. */
export interface NodeResources {
  readonly config: NodeConfig;
  readonly log: Log;
  readonly clock: Clock;
  /** One connection for each client URL that is asked. */
  readonly endpoints: EndpointPool;
  /** Our own etcd's client endpoint. */
  readonly own: EtcdEndpoint;
  /** How often the members are to be asked: slow while all is quiet. */
  readonly membersEveryMs$: Observable<number>;
  readonly ownEveryMs$: Observable<number>;
  /** The client URL to read the member list from: our own, unless our member is a learner. */
  readonly listFrom$: Observable<string>;
  /** These are set once the machine was read. */
  binaries: EtcdBinaries | null;
  etcd: RunningEtcd | null;
  launching: Promise<{ readonly pid: number }> | null;
  gossip: PeerGossip | null;
  readonly movedInThisRun: Set<string>;
}

export function peersOf({ gossip }: NodeResources): readonly Peer[] {
  return gossip?.peers() ?? [];
}
