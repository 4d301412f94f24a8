import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { ScenarioResult } from './run-scenario.ts';

export interface CampaignOptions {
  readonly seeds: readonly number[];
  /** How many run at the same time; as many as there are cores when absent. */
  readonly workers?: number;
  readonly onResult: (result: ScenarioResult) => void;
}

/** Runs many seeds, spread over worker threads; results come in no order. Rejects when one dies. */
export async function runCampaign({ seeds, workers, onResult }: CampaignOptions) {
  const left = [...seeds];
  const count = Math.min(workers ?? availableParallelism(), seeds.length);
  const one = () => workThrough({ next: () => left.shift(), onResult });
  await Promise.all(Array.from({ length: count }, one));
}

interface Work {
  readonly next: () => number | undefined;
  readonly onResult: (result: ScenarioResult) => void;
}

function workThrough({ next, onResult }: Work): Promise<void> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./campaign-worker.${extension}`, import.meta.url));
  return new Promise<void>((resolve, reject) => {
    const hand = () => {
      const seed = next();
      if (seed === undefined) resolve();
      else worker.postMessage(seed);
    };
    worker.on('message', (result: ScenarioResult) => {
      onResult(result);
      hand();
    });
    worker.on('error', reject);
    worker.on('exit', () => resolve());
    hand();
  }).finally(() => worker.terminate());
}
