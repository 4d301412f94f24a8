import type { Identity, Member, MemberStatus, Peer } from '../../machines/facts.ts';
import type { LifecycleFacts } from '../../machines/lifecycle/lifecycle-facts.ts';
import type {
  ClusterEvidence,
  MembershipChange,
  MembershipPolicy,
} from '../../machines/membership/evidence.ts';
import type { NodeSettings } from '../../machines/node/context.ts';

/** Facts for tests: ordinary ones, of which a test changes what it is about. */

export function peerUrlOf(name: string): string {
  return `http://${name}:2380`;
}

export function clientUrlOf(name: string): string {
  return `http://${name}:2379`;
}

export function identity(name = 'a', changes: Partial<Identity> = {}): Identity {
  return {
    nodeId: `id-${name}`,
    name,
    peerUrl: peerUrlOf(name),
    requiredSize: 3,
    memberId: null,
    clusterId: null,
    lineage: null,
    plan: null,
    ...changes,
  };
}

export function peer(name: string, changes: Partial<Peer> = {}): Peer {
  return {
    nodeId: `id-${name}`,
    name,
    liveness: 'alive',
    peerUrl: peerUrlOf(name),
    clientUrl: clientUrlOf(name),
    requiredSize: 3,
    status: 'surveying',
    data: 'none',
    clusterId: null,
    lineage: null,
    plan: null,
    unreachable: [],
    etcdVersion: '3.6.14',
    e2dVersion: '0.1.0',
    ...changes,
  };
}

export function member(name: string, changes: Partial<Member> = {}): Member {
  return {
    id: `m${name}`,
    name,
    peerUrls: [peerUrlOf(name)],
    clientUrls: [clientUrlOf(name)],
    learner: false,
    ...changes,
  };
}

export function status(name: string, changes: Partial<MemberStatus> = {}): MemberStatus {
  return {
    memberId: `m${name}`,
    clusterId: 'c1',
    leaderId: 'ma',
    raftTerm: 2,
    raftIndex: 1_000,
    raftAppliedIndex: 1_000,
    revision: 900,
    dbSizeBytes: 4_096,
    version: '3.6.14',
    learner: false,
    ...changes,
  };
}

/** The statuses of these members, by member id. */
export function statuses(...names: string[]): Record<string, MemberStatus> {
  return Object.fromEntries(names.map((name) => [`m${name}`, status(name)]));
}

export function lifecycleFacts(changes: Partial<LifecycleFacts> = {}): LifecycleFacts {
  return {
    data: { kind: 'none' },
    identity: identity(),
    adoptedPid: null,
    removedByCluster: false,
    answer: { kind: 'silent' },
    peers: [],
    store: 'none',
    restorePolicy: 'auto',
    order: null,
    storeSentence: null,
    origin: null,
    ...changes,
  };
}

export const policy: MembershipPolicy = {
  healthCheckTimeoutMs: 60_000,
  learnerTimeoutMs: 120_000,
  maxRemovalsPerHour: 3,
  learnerLagMaxEntries: 100,
};

/** Three members a, b and c as `a` sees them; c is gone by every kind of evidence. */
export function evidence(changes: Partial<ClusterEvidence> = {}): ClusterEvidence {
  return {
    clusterId: 'c1',
    members: [member('a'), member('b'), member('c')],
    statuses: statuses('a', 'b'),
    peers: [
      peer('b', { status: 'running', data: 'readable', unreachable: ['mc'] }),
      peer('c', { status: 'running', data: 'readable', liveness: 'failed' }),
    ],
    requiredSize: 3,
    removalsLastHour: 0,
    ...changes,
  };
}

/** The removal of the dead `c` of `evidence`. */
export const removalOfGone = {
  kind: 'remove',
  memberId: 'mc',
  ground: { kind: 'gone', heldMs: 60_000 },
} as const satisfies MembershipChange;

export function settings(name = 'a', changes: Partial<NodeSettings> = {}): NodeSettings {
  return {
    peerUrl: peerUrlOf(name),
    clientUrl: clientUrlOf(name),
    requiredSize: 3,
    policy,
    learnerSteadyMs: 100,
    observationGapMs: 5_000,
    muteGraceMs: 400,
    bootstrapTimeoutMs: 1_800_000,
    stopGraceMs: 10_000,
    keepEtcdOnExit: false,
    restorePolicy: 'auto',
    snapshots: null,
    nonce: `nonce-${name}`,
    jitter: 0.5,
    e2dVersion: '0.1.0',
    ...changes,
  };
}
