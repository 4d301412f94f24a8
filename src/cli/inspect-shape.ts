import type { InspectReport } from '../../machines/inspect-report.ts';
import { rules } from '../../machines/rules.ts';
import { fits, maybeText, type Shape } from './shape.ts';
import { statusReport } from './status-shape.ts';

const { fields } = statusReport;
const reason = { maybe: { fields: { rule: 'text', sentence: 'text' } } } as const;
const decision = {
  maybe: {
    fields: { kind: 'text', rule: 'text', reason: 'text', facts: { mapOf: 'scalar' } },
  },
} as const;

const inspectReport: Shape<InspectReport> = {
  fields: {
    node: fields.node,
    chart: { fields: { name: 'text', definitionHash: 'text' } },
    atMs: 'number',
    askedAt: 'text',
    state: 'state',
    active: { listOf: { fields: { id: 'text', description: 'text', sinceMs: 'number' } } },
    path: maybeText,
    decision,
    waitingFor: fields.waitingFor,
    timers: { listOf: { fields: { id: 'text', name: 'text', state: 'text', leftMs: 'number' } } },
    actors: {
      listOf: { fields: { id: 'text', src: 'text', kind: 'text', sinceMs: 'number', reason } },
    },
    recent: {
      listOf: {
        fields: {
          seq: 'number',
          atMs: 'number',
          lastSeq: 'number',
          lastAtMs: 'number',
          times: 'number',
          event: 'text',
          summary: 'text',
          from: 'text',
          to: 'text',
          effects: { listOf: { fields: { id: 'text', reason } } },
          decision,
        },
      },
    },
    etcd: fields.etcd,
    quorum: fields.quorum,
    cluster: fields.cluster,
    leader: fields.leader,
    members: fields.members,
    peers: fields.peers,
    snapshots: fields.snapshots,
    next: fields.next,
    safeToStopOne: fields.safeToStopOne,
    recording: { fields: { state: 'text', file: maybeText, problem: maybeText } },
    warnings: fields.warnings,
  },
};

/** Whether what came over the socket can be shown. A newer e2d may send more than is known here. */
export function isInspectReport(value: unknown): value is InspectReport {
  return fits(value, inspectReport) && hasKnownRules(value as InspectReport);
}

/** A rule of another version has no sentence here. */
function hasKnownRules({ decision: made }: InspectReport): boolean {
  return made === null || Object.hasOwn(rules, made.rule);
}
