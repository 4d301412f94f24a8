import { BehaviorSubject } from 'rxjs';
import { announcementOf } from '../../machines/node/announcement.ts';
import type { NodeSettings } from '../../machines/node/context.ts';
import type { NodeSnapshot } from '../../machines/node/step.ts';
import type { EndpointPool } from '../etcd/client/endpoint-pool.ts';
import { memberListFrom, membersProbeEveryMs, ownProbeEveryMs } from './cadence.ts';
import { Driver, type DriverOptions } from './driver.ts';
import { createEffects } from './effects.ts';
import { createObservers } from './observers.ts';
import type { NodeResources } from './resources.ts';

/** What a node is put together of; its host and its network may be real or simulated. */
export interface NodeParts
  extends Pick<NodeResources, 'config' | 'clock' | 'scheduler' | 'host' | 'meetPeers'> {
  readonly settings: NodeSettings;
  readonly endpoints: EndpointPool;
  readonly toFault: DriverOptions['toFault'];
  readonly record: DriverOptions['record'];
}

export interface ComposedNode {
  readonly driver: Driver;
  readonly resources: NodeResources;
  /** Gives back all that the node took. etcd runs on, unless the chart has ended it. */
  release(): Promise<void>;
}

/** Puts a node together: the chart, the streams that feed it, and what its effects reach. */
export function composeNode(parts: NodeParts): ComposedNode {
  const { config, endpoints, settings, clock, toFault, record } = parts;
  const ownEveryMs$ = new BehaviorSubject(0);
  const membersEveryMs$ = new BehaviorSubject(0);
  const listFrom$ = new BehaviorSubject(config.urls.clientAdvertise);
  const resources: NodeResources = {
    ...parts,
    own: endpoints.at(config.urls.clientAdvertise),
    ownEveryMs$,
    membersEveryMs$,
    listFrom$,
    etcd: null,
    launching: null,
    gossip: null,
  };
  const announce = announcer(resources);
  const forgetEndpoints = endpointKeeper(resources);
  const driver = new Driver({
    settings,
    effects: createEffects(resources),
    observers: createObservers(resources),
    clock,
    toFault,
    record,
    settled: (snapshot) => {
      ownEveryMs$.next(ownProbeEveryMs(snapshot));
      listFrom$.next(memberListFrom(snapshot));
      membersEveryMs$.next(membersProbeEveryMs(snapshot, config.healthCheckIntervalMs));
      forgetEndpoints(snapshot);
      announce(snapshot);
    },
  });
  const release = async () => {
    await resources.gossip?.stop();
    resources.etcd?.release();
    endpoints.close();
  };
  return { driver, resources, release };
}

/** Tells the pool what the chart says of this node, whenever that changes. */
function announcer(resources: NodeResources): (snapshot: NodeSnapshot) => void {
  let told = '';
  return (snapshot) => {
    const { gossip } = resources;
    if (gossip === null || snapshot.status !== 'active') return;
    const announcement = announcementOf(snapshot);
    const text = JSON.stringify(announcement);
    if (text === told) return;
    told = text;
    gossip.announce(announcement);
  };
}

/** Closes the connections to members that have left the list. */
function endpointKeeper({ endpoints, config }: NodeResources): (snapshot: NodeSnapshot) => void {
  let members: unknown = null;
  return ({ context }) => {
    const seen = context.observation?.members ?? null;
    if (seen === null || seen === members) return;
    members = seen;
    endpoints.keepOnly([
      config.urls.clientAdvertise,
      ...seen.flatMap(({ clientUrls }) => clientUrls),
      ...context.peers.map(({ clientUrl }) => clientUrl),
    ]);
  };
}
