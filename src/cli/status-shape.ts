import type { SnapshotReport, StatusReport } from '../../machines/status-report.ts';
import { fits, maybeNumber, maybeText, type Shape } from './shape.ts';

const reason = { rule: maybeText, reason: 'text' } as const;

const snapshotReport: Shape<SnapshotReport> = {
  fields: {
    state: 'text',
    last: {
      maybe: { fields: { id: 'text', revision: 'number', storedBytes: 'number', ageMs: 'number' } },
    },
    failures: 'number',
    fault: maybeText,
    retention: {
      maybe: { fields: { kept: 'number', removed: 'number', refusal: maybeText, ageMs: 'number' } },
    },
    proof: {
      maybe: {
        fields: {
          snapshotId: 'text',
          outcome: 'text',
          sentence: 'text',
          provenAt: 'text',
          ageMs: 'number',
          rtoSeconds: maybeNumber,
        },
      },
    },
    proofFault: maybeText,
    verifyIntervalMs: maybeNumber,
    proofOverdue: 'boolean',
  },
};

export const statusReport: Shape<StatusReport> = {
  fields: {
    node: {
      fields: {
        name: 'text',
        nodeId: 'text',
        state: 'text',
        path: maybeText,
        sinceMs: 'number',
        pid: 'number',
        version: 'text',
      },
    },
    decision: { maybe: { fields: reason } },
    waitingFor: {
      maybe: { fields: { rule: maybeText, sentence: 'text', command: maybeText } },
    },
    etcd: {
      fields: {
        state: 'text',
        version: maybeText,
        pid: maybeNumber,
        memberId: maybeText,
        clientUrl: 'text',
      },
    },
    quorum: { fields: { state: 'text', sinceMs: maybeNumber } },
    cluster: { fields: { id: maybeText, lineage: maybeText, requiredSize: 'number' } },
    leader: maybeText,
    members: {
      listOf: {
        fields: {
          id: 'text',
          name: 'text',
          peerUrl: 'text',
          clientUrl: maybeText,
          learner: 'boolean',
          leader: 'boolean',
          health: 'text',
          lagEntries: maybeNumber,
          revision: maybeNumber,
          dbSizeBytes: maybeNumber,
        },
      },
    },
    peers: {
      listOf: {
        fields: {
          name: 'text',
          nodeId: 'text',
          liveness: 'text',
          status: 'text',
          data: 'text',
          peerUrl: 'text',
          clientUrl: 'text',
          clusterId: maybeText,
        },
      },
    },
    snapshots: { maybe: snapshotReport },
    certificates: {
      listOf: {
        fields: { role: 'text', path: 'text', subject: 'text', notAfter: 'text', leftMs: 'number' },
      },
    },
    next: 'text',
    safeToStopOne: { fields: { safe: 'boolean', reason: 'text' } },
    warnings: { listOf: 'text' },
  },
};

/** Whether what came over the socket can be shown. A newer e2d may send more than is known here. */
export function isStatusReport(value: unknown): value is StatusReport {
  return fits(value, statusReport);
}
