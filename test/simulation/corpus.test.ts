import { expect, test } from 'vitest';
import { runScenario } from '../../src/simulation/run-scenario.ts';
import { readCorpus } from './corpus.ts';

test.each(readCorpus().map(({ sentence, scenario }) => [sentence, scenario] as const))(
  'never again: %s',
  async (_, scenario) => {
    const { violations } = await runScenario(scenario);
    expect(violations).toEqual([]);
  },
  120_000,
);
