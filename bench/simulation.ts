import { drawScenario, type Scenario } from '../src/simulation/draw.ts';
import { runScenario } from '../src/simulation/run-scenario.ts';
import { median } from './compare.ts';

/** How much faster than real time a simulated cluster lives, its own share of faults or none. */

/** With e2d's default time-outs, not the short ones that seeds draw. */
function quietCluster(seed: number, size: 1 | 3 | 5): Scenario {
  const { draft } = drawScenario(seed);
  const timeouts = { healthCheckTimeoutMs: 300_000, learnerTimeoutMs: 600_000 };
  return { seed, draft: { ...draft, ...timeouts, size }, faults: [] };
}

async function timesRealTime(scenario: Scenario): Promise<number> {
  const beganMs = performance.now();
  const { virtualMs } = await runScenario(scenario);
  return virtualMs / (performance.now() - beganMs);
}

async function measure(name: string, scenarios: readonly Scenario[]): Promise<void> {
  const times: number[] = [];
  for (const scenario of scenarios) times.push(await timesRealTime(scenario));
  const [least, most] = [Math.min(...times), Math.max(...times)].map(Math.round);
  console.log(`${name}: ${Math.round(median(times))} times real time (${least} to ${most})`);
}

const seeds = Array.from({ length: 20 }, (_, index) => index + 1);
// The first runs are the compiler's.
for (const seed of seeds.slice(0, 10)) await runScenario(quietCluster(seed, 5));
await measure(
  '5 nodes, no faults',
  seeds.map((seed) => quietCluster(seed, 5)),
);
await measure(
  '3 nodes, no faults',
  seeds.map((seed) => quietCluster(seed, 3)),
);
await measure('as drawn', seeds.map(drawScenario));
