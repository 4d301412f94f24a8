import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLogs } from '../../../src/journal/open-logs.ts';
import { member, peer, statuses } from '../../support/builders.ts';
import { observed } from '../../support/chart-run.ts';
import { isHeader, Recording, temporaryFolder } from './recording.ts';

const dayMs = 86_400_000;
const nodes = 3;

test('a quiet day of a cluster of three takes less than 10 MB, and is read in seconds', async () => {
  const recording = new Recording(await temporaryFolder()).begin();
  const peers = ['b', 'c'].map((name) => peer(name, { status: 'running', data: 'readable' }));
  recording.take({ type: 'gossip.changed', atMs: recording.nowMs, peers });
  const observation = {
    members: [member('a'), member('b'), member('c')],
    statuses: statuses('a', 'b', 'c'),
  };
  for (let sinceMs = 0; sinceMs < dayMs; sinceMs += 2_000) {
    recording.probe(900);
    // An event is often made a millisecond before it is taken in, which costs its own time.
    if (sinceMs % 60_000 === 0) recording.take(observed(recording.nowMs - 1, observation));
  }
  await recording.journal.close();
  expect(recording.told).toEqual([]);
  const files = await recording.files();
  const stats = await Promise.all(files.map((file) => stat(join(recording.folder, file))));
  const bytes = stats.reduce((sum, { size }) => sum + size, 0);
  expect(bytes * nodes).toBeLessThan(10e6);
  expect(bytes * nodes).toBeGreaterThan(1e6);

  const [run] = await openLogs([recording.folder]);
  let last = 0;
  for await (const line of run?.lines() ?? []) if (!isHeader(line)) last = line.seq;
  expect(last).toBe(recording.last.seq);
  expect(last).toBeGreaterThan(44_640);
});
