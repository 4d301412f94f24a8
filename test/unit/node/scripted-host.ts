import type { Identity } from '../../../machines/facts.ts';
import type { EtcdProcess, Host } from '../../../src/node/host.ts';
import type { NodeResources } from '../../../src/node/resources.ts';
import { load } from '../config/machine.ts';

/** What a host holds before e2d starts on it. */
export interface HostScript {
  readonly identity?: Identity | null;
  readonly survey?: Awaited<ReturnType<Host['surveyData']>>;
  readonly etcd?: EtcdProcess | null;
  readonly name?: string;
  /** Whether the snapshot of the pinned plan is restored, and has not taken its place yet. */
  readonly isStaged?: boolean;
}

export const runningEtcd: EtcdProcess = {
  pid: 7,
  exited: new Promise(() => undefined),
  stop: async () => undefined,
  release: () => undefined,
};

/** The resources of a cluster of one on such a host, and what was done to the host, in order. */
export async function nodeOn(script: HostScript) {
  const { identity = null, survey, etcd = null, name, isStaged = false } = script;
  const done: string[] = [];
  const written: Identity[] = [];
  const host: Host = {
    ensureFolders: async () => undefined,
    readIdentity: async () => identity,
    writeIdentity: async (one) => {
      written.push(one);
    },
    newNodeId: () => '00000000000a',
    surveyData: async () => survey ?? { data: { kind: 'none' }, abandonedStart: false },
    moveDataAside: async (cause) => {
      done.push(`move aside: ${cause}`);
      return 'member.x';
    },
    expireMovedAside: async () => undefined,
    snapshots: null,
    certificates: null,
    chooseSnapshot: () => Promise.reject(new Error('not asked for')),
    fetchAhead: async () => undefined,
    stageSnapshot: () => Promise.reject(new Error('not asked for')),
    hasStaged: async () => isStaged,
    installSnapshot: () => Promise.reject(new Error('not asked for')),
    discardStaged: async () => undefined,
    findEtcd: async () => '3.6.14',
    adoptEtcd: async () => etcd,
    launchEtcd: async () => {
      done.push('launch');
      return runningEtcd;
    },
  };
  const config = await load({ flags: name === undefined ? {} : { name } });
  const resources: Pick<NodeResources, 'config' | 'host' | 'etcd' | 'gossip' | 'launching'> = {
    config,
    host,
    etcd: null,
    gossip: null,
    launching: null,
  };
  return { resources: resources as NodeResources, config, done, written };
}
