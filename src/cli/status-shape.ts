import type { StatusReport } from '../../machines/status-report.ts';

/**
 * A description of a type's values, complete by construction: a field left out does not compile.
 */
type Shape<T> = [T] extends [string]
  ? 'text'
  : [T] extends [number]
    ? 'number'
    : [T] extends [boolean]
      ? 'boolean'
      : null extends T
        ? { readonly maybe: Shape<NonNullable<T>> }
        : T extends readonly (infer E)[]
          ? { readonly listOf: Shape<E> }
          : { readonly fields: { readonly [K in keyof T]: Shape<T[K]> } };

type AnyShape =
  | 'text'
  | 'number'
  | 'boolean'
  | { readonly maybe: AnyShape }
  | { readonly listOf: AnyShape }
  | { readonly fields: Readonly<Record<string, AnyShape>> };

const maybeText = { maybe: 'text' } as const;
const maybeNumber = { maybe: 'number' } as const;
const reason = { rule: maybeText, reason: 'text' } as const;

const statusReport: Shape<StatusReport> = {
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
      fields: { state: 'text', version: maybeText, pid: maybeNumber, memberId: maybeText },
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
          clusterId: maybeText,
        },
      },
    },
    next: 'text',
    safeToStopOne: { fields: { safe: 'boolean', reason: 'text' } },
    warnings: { listOf: 'text' },
  },
};

/** Whether what came over the socket can be shown. A newer e2d may send more than is known here. */
export function isStatusReport(value: unknown): value is StatusReport {
  return matches(value, statusReport);
}

function matches(value: unknown, shape: AnyShape): boolean {
  if (shape === 'text') return typeof value === 'string';
  if (shape === 'number' || shape === 'boolean') return typeof value === shape;
  if ('maybe' in shape) return value === null || matches(value, shape.maybe);
  if ('listOf' in shape) {
    return Array.isArray(value) && value.every((element) => matches(element, shape.listOf));
  }
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  return Object.entries(shape.fields).every(([name, field]) => matches(fields.get(name), field));
}
