import { randomBytes } from 'node:crypto';
import type { Identity, OwnData } from '../../machines/facts.ts';
import type { Prepared } from '../../machines/node/effects.ts';
import type { NodeConfig } from '../config/node-config.ts';
import { E2dError } from '../errors/e2d-error.ts';
import type { EtcdBinaries } from '../etcd/binaries/etcd-binaries.ts';
import { locateEtcd } from '../etcd/binaries/locate.ts';
import { progressLines } from '../etcd/binaries/progress-lines.ts';
import { ensureDataDir } from '../etcd/data-dir/ensure-data-dir.ts';
import { defaultExpiryPolicy, expireMovedAside } from '../etcd/data-dir/expire-moved-aside.ts';
import { readIdentity, writeIdentity } from '../etcd/data-dir/identity-file.ts';
import { surveyDataDir } from '../etcd/data-dir/own-data.ts';
import { adoptEtcd } from '../etcd/process/adopt.ts';
import type { NodeResources } from './resources.ts';

/** Reads the machine: who this node is, what data it has, which etcd it can run or already runs. */
export async function prepareNode(
  resources: NodeResources,
  signal: AbortSignal,
): Promise<Prepared> {
  const { config } = resources;
  await ensureDataDir(config.dataDir);
  await ensureDataDir(config.stateDir);
  const [remembered, survey] = await Promise.all([
    readIdentity(config.stateDir),
    surveyDataDir(config.dataDir),
  ]);
  let identity = identify(config, remembered, survey.data);
  // Peers may be met while etcd is looked for; nothing is announced before all is known.
  const [binaries] = await Promise.all([
    findBinaries(resources, signal),
    meetPeers(resources, identity),
  ]);
  resources.binaries = binaries;
  const adoptedPid = await adopt(resources, identity);
  // What it left behind is moved aside by the next launch.
  if (survey.abandonedStart && adoptedPid === null) identity = beforeLaunch(identity);
  if (identity !== remembered) await writeIdentity(config.stateDir, identity);
  await expire(resources);
  return {
    identity,
    data: adoptedPid === null ? survey.data : { kind: 'readable' },
    adoptedPid,
    store: 'none',
    etcdVersion: binaries.version,
  };
}

/** A cluster of one has no peers, and does without gossip. */
async function meetPeers(resources: NodeResources, identity: Identity): Promise<void> {
  const { config, log } = resources;
  if (config.requiredSize === 1) return;
  const { PeerGossip } = await import('./peer-gossip.ts');
  resources.gossip = await PeerGossip.start(config, identity, log);
}

async function findBinaries(
  { config, log }: NodeResources,
  signal: AbortSignal,
): Promise<EtcdBinaries> {
  const binaries = await locateEtcd({
    binDir: config.etcd.binDir ?? undefined,
    cacheDir: config.etcd.cacheDir,
    version: config.etcd.version ?? undefined,
    env: process.env,
    signal,
    onProgress: progressLines({
      isTerminal: process.stderr.isTTY === true,
      write: (text) => process.stderr.write(text),
    }),
  });
  log.info({ version: binaries.version, dir: binaries.dir }, 'etcd is found.');
  for (const warning of binaries.warnings) log.warn(warning);
  return binaries;
}

/** The node's identity: the remembered one if it fits the configuration, or a new one. */
function identify(config: NodeConfig, remembered: Identity | null, data: OwnData): Identity {
  const peerUrl = config.urls.peerAdvertise;
  const { requiredSize } = config;
  if (remembered === null) {
    const nodeId = randomBytes(6).toString('hex');
    const name = config.name ?? `node-${nodeId.slice(0, 8)}`;
    return { ...unbound, nodeId, name, peerUrl, requiredSize };
  }
  const name = config.name ?? remembered.name;
  const wanted = { ...remembered, name, peerUrl, requiredSize };
  const bound = remembered.memberId !== null || remembered.plan !== null || data.kind !== 'none';
  if (!bound) return isSame(remembered, wanted) ? remembered : wanted;
  refuseChange(config, '--name', remembered.name, name);
  refuseChange(config, '--peer-addr', remembered.peerUrl, peerUrl);
  refuseChange(config, '-n', remembered.requiredSize, requiredSize);
  return remembered;
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
 * A first start that was cut short before anything was acknowledged: the plan may be launched
 * again.
 */
function beforeLaunch(identity: Identity): Identity {
  const { plan } = identity;
  return plan?.stage === 'launched'
    ? { ...identity, plan: { ...plan, stage: 'committed' } }
    : identity;
}

async function adopt(resources: NodeResources, identity: Identity): Promise<number | null> {
  const { config, log } = resources;
  const { stateDir, dataDir } = config;
  const adoption = await adoptEtcd({ stateDir, dataDir, name: identity.name });
  switch (adoption.kind) {
    case 'adopted':
      resources.etcd = adoption.etcd;
      return adoption.etcd.pid;
    case 'not-running':
      log.debug({ reason: adoption.reason }, 'No etcd was adopted.');
      return null;
    case 'conflict':
      throw new E2dError(`An etcd that is not ours uses ${dataDir}: ${adoption.reason}.`, {
        code: 'E2D_FOREIGN_ETCD',
        remedy: `Stop process ${adoption.pid}, or start e2d with the same --name.`,
      });
  }
}

async function expire({ config, clock, log, movedInThisRun }: NodeResources): Promise<void> {
  const now = clock.wallTime();
  const options = { policy: defaultExpiryPolicy, now, movedInThisRun };
  for (const { path, because } of await expireMovedAside(config.dataDir, options)) {
    log.info({ path, because, rule: 'S3' }, 'Data that was moved aside has expired.');
  }
}
