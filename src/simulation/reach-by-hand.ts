import { type AnyEventObject, transition } from 'xstate';
import { type Checkpoint, snapshotOf } from '../../machines/node/step.ts';
import { Coverage, countMarks, markedChart } from './coverage.ts';

/** Ways for etcd to end that no seed makes it end by. */
const exits = ['corrupt-data', 'removed-from-cluster', 'member-mismatch', 'cluster-id-mismatch'];
const fault = { code: 'put', message: 'put by hand' };

const orders = ['approve', 'goBack', 'rebuild', 'callOff'].map((kind) => ({
  kind,
  snapshotId: null,
  lineage: null,
}));

/** What any effect that is put here may come back with. */
const output = {
  kind: 'failed',
  fault,
  choice: { id: 'put', sha256: '', revision: 0 },
  planId: 'put',
};

/**
 * What is reached by putting an event to a chart that a seed has brought to the right state:
 * results and deadlines of effects that never fail or hang in a simulated world, since only a
 * defect would make them.
 */
export function reachByHand(
  samples: Readonly<Record<string, Checkpoint>>,
  names: readonly string[],
): Coverage {
  const coverage = new Coverage();
  const chart = markedChart(coverage);
  for (const name of names) {
    const [state = '', , eventType = ''] = name.split(' ');
    const sample = samples[state];
    if (sample === undefined) continue;
    for (const event of eventsOf(eventType)) {
      const [, actions] = transition(chart, snapshotOf(sample, chart), event as never);
      countMarks(coverage, actions);
    }
  }
  return coverage;
}

function eventsOf(type: string): readonly AnyEventObject[] {
  const actorId = type.split('.').at(-1);
  if (type.startsWith('xstate.error.actor.')) return [{ type, error: fault, actorId }];
  if (type.startsWith('xstate.done.actor.')) return [{ type, output, actorId }];
  if (type === 'operator.restore.requested') return orders.map((order) => ({ type, order }));
  if (type === 'etcd.exited') {
    return exits.map((kind) => ({ type, atMs: 0, reason: { kind, sentence: kind } }));
  }
  return type.startsWith('xstate.after.') || type.startsWith('operator.') ? [{ type }] : [];
}
