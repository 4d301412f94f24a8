import { parentPort } from 'node:worker_threads';
import { drawScenario } from './draw.ts';
import { runScenario } from './run-scenario.ts';

parentPort?.on('message', async (seed: number) => {
  parentPort?.postMessage(await runScenario(drawScenario(seed)));
});
