import type { Identity, OwnData } from '../../machines/facts.ts';
import type { Prepared } from '../../machines/node/effects.ts';
import type { NodeConfig } from '../config/node-config.ts';
import { E2dError } from '../errors/e2d-error.ts';
import type { NodeResources } from './resources.ts';
import { isSameAddress } from './tls-migration/standing.ts';

/** Reads the machine: who this node is, what data it has, which etcd it can run or already runs. */
export async function prepareNode(
  resources: NodeResources,
  signal: AbortSignal,
): Promise<Prepared> {
  const { host } = resources;
  await host.ensureFolders();
  const [remembered, survey] = await Promise.all([host.readIdentity(), host.surveyData()]);
  let identity = identify(resources, remembered, survey.data);
  // Peers may be met while etcd is looked for; nothing is announced before all is known.
  const [etcdVersion] = await Promise.all([host.findEtcd(signal), meetPeers(resources, identity)]);
  resources.etcd = await host.adoptEtcd(identity.name);
  const adoptedPid = resources.etcd?.pid ?? null;
  // What it left behind is moved aside by the next launch.
  if (survey.abandonedStart && adoptedPid === null) identity = beforeLaunch(identity);
  const restoring = identity.plan?.plan.snapshot === undefined ? null : identity.plan.plan;
  if (restoring !== null && (await host.hasStaged(restoring))) identity = beforeLaunch(identity);
  await host.discardStaged(restoring);
  if (identity !== remembered) await host.writeIdentity(identity);
  await host.expireMovedAside();
  return {
    identity,
    data: adoptedPid === null ? survey.data : { kind: 'readable' },
    adoptedPid,
    store: host.snapshots === null ? 'none' : 'unread',
    etcdVersion,
  };
}

/** A cluster of one has no peers, and does without gossip. */
async function meetPeers(resources: NodeResources, identity: Identity): Promise<void> {
  if (resources.config.requiredSize === 1) return;
  resources.gossip = await resources.meetPeers(identity);
}

/** The node's identity: the remembered one if it fits the configuration, or a new one. */
function identify(
  { config, host }: NodeResources,
  remembered: Identity | null,
  data: OwnData,
): Identity {
  const peerUrl = config.urls.peerAdvertise;
  const { requiredSize } = config;
  if (remembered === null) {
    const nodeId = host.newNodeId();
    const name = config.name ?? `node-${nodeId.slice(0, 8)}`;
    return { ...unbound, nodeId, name, peerUrl, requiredSize };
  }
  const name = config.name ?? remembered.name;
  const wanted = { ...remembered, name, peerUrl, requiredSize };
  const bound = remembered.memberId !== null || remembered.plan !== null || data.kind !== 'none';
  if (!bound) return isSame(remembered, wanted) ? remembered : wanted;
  refuseChange(config, '--name', remembered.name, name);
  // A step of the TLS migration, which was found to be safe: the member stays who it is.
  const isStep = remembered.plan === null && isSameAddress(remembered.peerUrl, peerUrl);
  if (!isStep) refuseChange(config, '--peer-addr', remembered.peerUrl, peerUrl);
  refuseChange(config, '-n', remembered.requiredSize, requiredSize);
  return isSame(remembered, wanted) ? remembered : wanted;
}

const unbound = { memberId: null, clusterId: null, lineage: null, plan: null } as const;

function isSame(a: Identity, b: Identity): boolean {
  return a.name === b.name && a.peerUrl === b.peerUrl && a.requiredSize === b.requiredSize;
}

function refuseChange(
  config: NodeConfig,
  flag: string,
  known: string | number,
  wanted: string | number,
): void {
  if (known === wanted) return;
  throw new E2dError(
    `This node is known to its cluster with ${flag} ${known}, but was started with ${wanted}.`,
    {
      code: 'E2D_IDENTITY_CHANGED',
      exit: 2,
      remedy: `Start it with ${flag} ${known}, or give a new node a data dir of its own instead of ${config.dataDir}.`,
    },
  );
}

/**
 * A first start that was cut short before anything was acknowledged, or before the restored data
 * took its place: the plan may be launched again.
 */
function beforeLaunch(identity: Identity): Identity {
  const { plan } = identity;
  return plan?.stage === 'launched'
    ? { ...identity, plan: { ...plan, stage: 'committed' } }
    : identity;
}
