import type { MemberReport, StatusReport } from '../../../machines/status-report.ts';

function member(name: string, over: Partial<MemberReport> = {}): MemberReport {
  return {
    id: `8e9e05c5216469${name}`,
    name,
    peerUrl: `http://${name}:2380`,
    clientUrl: `http://${name}:2379`,
    learner: false,
    leader: false,
    health: 'healthy',
    lagEntries: 0,
    revision: 4711,
    dbSizeBytes: 25 * 1024 ** 2,
    ...over,
  };
}

/** A cluster of three that is replacing its third member. */
export const degraded: StatusReport = {
  node: {
    name: 'm1',
    nodeId: 'n-1',
    state: 'running',
    path: 'restart-existing',
    sinceMs: 5_400_500,
    pid: 4242,
    version: '0.1.0',
  },
  decision: { rule: 'S9', reason: 'The data dir holds member m1' },
  waitingFor: {
    rule: 'S13',
    sentence: 'm3 is a learner and 120 entries behind',
    command: null,
  },
  etcd: {
    state: 'healthy',
    version: '3.6.6',
    pid: 4343,
    memberId: '8e9e05c52164694d',
    clientUrl: 'http://m1:2379',
  },
  quorum: { state: 'held', sinceMs: 61_000 },
  cluster: { id: 'cdf818194e3a8c32', lineage: 'l-1', requiredSize: 3 },
  leader: 'm2',
  members: [
    member('m1'),
    member('m2', { leader: true }),
    member('', {
      id: 'abc',
      learner: true,
      health: 'unknown',
      lagEntries: 120,
      revision: null,
      dbSizeBytes: null,
      clientUrl: null,
      peerUrl: 'http://m3:2380',
    }),
  ],
  peers: [
    {
      name: 'm2',
      nodeId: 'n-2',
      liveness: 'alive',
      status: 'running',
      data: 'readable',
      peerUrl: 'http://m2:2380',
      clientUrl: 'http://m2:2379',
      clusterId: 'cdf818194e3a8c32',
    },
  ],
  snapshots: {
    state: 'resting',
    last: {
      id: '2026-11-21T10:00:00Z-000000004700-a1b2c3',
      revision: 4700,
      storedBytes: 3 * 1024 ** 2,
      ageMs: 42_400,
    },
    failures: 0,
    fault: null,
    retention: { kept: 71, removed: 3, refusal: null, ageMs: 1_200_000 },
    proof: {
      snapshotId: '2026-11-21T04:00:00Z-000000004200-d4e5f6',
      outcome: 'proven',
      sentence: 'its 120 keys are those of the cluster.',
      provenAt: '2026-11-21T04:01:00Z',
      ageMs: 21_600_000,
      rtoSeconds: 12.3,
    },
    proofFault: null,
    verifyIntervalMs: 86_400_000,
    proofOverdue: false,
  },
  certificates: [],
  next: 'm3 is promoted once it has caught up.',
  safeToStopOne: { safe: false, reason: 'only 2 of 3 voters are healthy.' },
  warnings: ['etcd 3.4 is past its end of life.'],
};

/** A node that has not met its peers yet. */
export const surveying: StatusReport = {
  ...degraded,
  node: { ...degraded.node, state: 'surveying', path: null, sinceMs: 900 },
  decision: null,
  waitingFor: {
    rule: 'S8',
    sentence: 'this node lost its disk, and no peer answers',
    command: 'e2d run --bootstrap-addrs ...',
  },
  etcd: { state: 'stopped', version: null, pid: null, memberId: null, clientUrl: 'http://m1:2379' },
  quorum: { state: 'unknown', sinceMs: null },
  cluster: { id: null, lineage: null, requiredSize: 3 },
  leader: null,
  members: [],
  peers: [],
  snapshots: null,
  warnings: [],
};
