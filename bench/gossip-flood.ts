/** What a flood from outside the key does to a gossip pool: round trips, losses, the event loop. */
import { type Flood, FloodedPool, type PoolHealth } from '../test/support/flooded-pool.ts';
import { median, runsOf } from './compare.ts';

const runs = runsOf(process.argv, 3);
const watchMs = 8_000;
const kinds: readonly Flood[] = ['none', 'packets', 'largePackets', 'streams'];
const seen: Record<Flood, PoolHealth[]> = { none: [], packets: [], largePackets: [], streams: [] };

for (let run = 0; run < runs; run += 1) {
  for (const kind of kinds) {
    const pool = new FloodedPool();
    try {
      await pool.start();
      const health = await pool.watch(kind, watchMs);
      seen[kind].push(health);
      console.error(`run ${run + 1} of ${runs}, ${kind}: ${JSON.stringify(health)}`);
    } finally {
      await pool.stop();
    }
  }
}

const figures: readonly [string, (health: PoolHealth) => number][] = [
  ['pings answered within 500 ms, %', ({ answeredShare }) => answeredShare * 100],
  ['round trip, median, ms', ({ roundTripP50Ms }) => roundTripP50Ms],
  ['round trip, p99, ms', ({ roundTripP99Ms }) => roundTripP99Ms],
  ['event loop delay, p99, ms', ({ loopDelayP99Ms }) => loopDelayP99Ms],
  ['live members accused', ({ accused }) => accused.length],
  ['flood, a second', ({ flooded }) => flooded / (watchMs / 1_000)],
];
console.log('| measure | no flood | packets | large packets | streams |');
console.log('| --- | --- | --- | --- | --- |');
for (const [measure, figureOf] of figures) {
  const [none = 0, ...flooded] = kinds.map((kind) => median(seen[kind].map(figureOf)));
  const ratio = (figure: number) => (none === 0 ? '' : ` (${(figure / none).toFixed(2)})`);
  const cells = flooded.map((figure) => `${figure.toFixed(2)}${ratio(figure)}`);
  console.log(`| ${measure} | ${[none.toFixed(2), ...cells].join(' | ')} |`);
}
