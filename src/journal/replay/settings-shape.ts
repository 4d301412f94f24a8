import { z } from 'zod';
import type { NodeContext, NodeSettings } from '../../../machines/node/context.ts';

/** What the chart cannot do without; what a log says beyond that is none of its business. */
const settingsSchema = z.looseObject({
  peerUrl: z.string(),
  clientUrl: z.string(),
  requiredSize: z.number(),
  policy: z.looseObject({
    healthCheckTimeoutMs: z.number(),
    learnerTimeoutMs: z.number(),
    maxRemovalsPerHour: z.number(),
    learnerLagMaxEntries: z.number(),
  }),
  learnerSteadyMs: z.number(),
  muteGraceMs: z.number(),
  observationGapMs: z.number(),
  bootstrapTimeoutMs: z.number(),
  stopGraceMs: z.number(),
  keepEtcdOnExit: z.boolean(),
  restorePolicy: z.enum(['auto', 'manual']),
  snapshots: z
    .looseObject({ intervalMs: z.number(), verifyIntervalMs: z.number().nullable() })
    .nullable(),
  nonce: z.string(),
  jitter: z.number(),
  e2dVersion: z.string(),
});

const contextSchema = z.looseObject({
  settings: settingsSchema,
  identity: z.looseObject({ requiredSize: z.number() }),
  peers: z.array(z.unknown()),
  suspicions: z.array(z.unknown()),
  failedStarts: z.number(),
});

/** The value itself, not a copy: the order of its keys counts, as its hash is compared. */
export function isSettings(value: unknown): value is NodeSettings {
  return settingsSchema.safeParse(value).success;
}

export function isContext(value: unknown): value is NodeContext {
  return contextSchema.safeParse(value).success;
}
