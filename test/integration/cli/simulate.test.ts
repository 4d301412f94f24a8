import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { drawScenario } from '../../../src/simulation/draw.ts';
import { runScenario } from '../../../src/simulation/run-scenario.ts';

const run = promisify(execFile);
const program = new URL('../../../dist/src/cli/main.js', import.meta.url).pathname;

test('e2d simulate gives each seed the trace that it has here', async () => {
  const args = [program, 'simulate', '--seeds', '3', '--from', '7', '--json'];
  const { stdout } = await run(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 });
  const { results } = JSON.parse(stdout) as { results: { seed: number; traceHash: string }[] };
  expect(results.map(({ seed }) => seed)).toEqual([7, 8, 9]);
  for (const { seed, traceHash } of results) {
    expect(traceHash).toBe((await runScenario(drawScenario(seed))).traceHash);
  }
});
