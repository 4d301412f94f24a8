import fc from 'fast-check';
import { expect, test } from 'vitest';
import { statePath } from '../../../machines/state-path.ts';
import { contextHash } from '../../../src/journal/context-hash.ts';
import { EntryEncoder, type RecordedStep } from '../../../src/journal/entry-encoder.ts';
import { readLog } from '../../../src/journal/read-log.ts';
import { settledVoter } from '../../support/chart-run.ts';
import { collect, Recording, temporaryFolder } from './recording.ts';

const rest = settledVoter().snapshot;
const otherContext = { ...rest, context: { ...rest.context, failedStarts: 1 } };
const otherState = { ...rest, value: 'failed' };
const snapshots = [otherContext, otherState] as (typeof rest)[];

const often = <Value>(usual: Value, ...others: Value[]) =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(usual) }, fc.constantFrom(...others));

const event = fc.record(
  {
    type: often('etcd.probed', 'gossip.changed'),
    atMs: often<unknown>(5, 0, 7, -1, 1.5, 'soon', null),
    peers: often<unknown>(0, 'x', { y: 1 }),
  },
  { requiredKeys: ['type'] },
);
const step = fc.record({
  event,
  atMs: fc.constantFrom(5, 7),
  snapshot: often(rest, ...snapshots),
  effects: often<RecordedStep['effects']>([], [{ kind: 'stop', id: 'x' }]),
});

function inFull({ seq, atMs, event: what, snapshot, effects }: RecordedStep): unknown {
  return {
    seq,
    atMs,
    actor: 'node',
    event: what,
    state: statePath(snapshot.value),
    contextHash: contextHash(snapshot.context),
    effects,
  };
}

test('whatever comes in whatever order is read as it was', async () => {
  const [header = ''] = await new Recording(await temporaryFolder()).lines();
  let short = 0;
  const property = fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (drawn) => {
    const steps = drawn.map((one, index) => ({ ...one, seq: index + 1 }));
    const encoder = new EntryEncoder();
    const lines = steps.map((one) => encoder.encode(one));
    short += lines.filter((line) => line.includes('"again"')).length;
    const bytes = (async function* () {
      yield Buffer.from([header, ...lines, ''].join('\n'));
    })();
    const [, ...entries] = await collect(readLog({ name: 'x', bytes }));
    expect(entries).toEqual(steps.map((one) => inFull(one)));
  });
  await fc.assert(property, { numRuns: 500 });
  expect(short).toBeGreaterThan(200);
});
