import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Scenario } from '../../src/simulation/draw.ts';
import { faultKinds } from '../../src/simulation/faults.ts';

const scenarioSchema: z.ZodType<Scenario, unknown> = z.object({
  seed: z.int().nonnegative(),
  draft: z.object({
    size: z.union([z.literal(1), z.literal(3), z.literal(5)]),
    healthCheckTimeoutMs: z.int().positive(),
    learnerTimeoutMs: z.int().positive(),
    maxRemovalsPerHour: z.int().nonnegative(),
    bootstrapTimeoutMs: z.int().positive(),
    onExit: z.enum(['stop-etcd', 'keep-etcd']),
    snapshots: z
      .object({
        intervalMs: z.int().positive(),
        restorePolicy: z.enum(['auto', 'manual']),
        verifyIntervalMs: z.int().positive().nullable(),
        keepAllMs: z.int().positive(),
        keepCount: z.int().positive().nullable(),
      })
      .nullable()
      .default(null),
  }),
  faults: z.array(
    z.object({
      kind: z.enum(faultKinds),
      atMs: z.number().nonnegative(),
      forMs: z.number().nonnegative(),
      machines: z.array(z.int().nonnegative()).min(1),
      strength: z.number().min(0).lt(1),
    }),
  ),
});

/** What once failed: the whole scenario, since a seed means another one when the draw changes. */
const corpusSchema = z.array(
  z.object({ sentence: z.string().endsWith('.'), scenario: scenarioSchema }),
);

export function readCorpus(): z.infer<typeof corpusSchema> {
  const text = readFileSync(new URL('./corpus.json', import.meta.url), 'utf8');
  return corpusSchema.parse(JSON.parse(text));
}
