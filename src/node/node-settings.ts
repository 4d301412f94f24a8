import type { NodeSettings } from '../../machines/node/context.ts';
import { e2dVersion } from '../config/e2d-version.ts';
import type { NodeConfig } from '../config/node-config.ts';

/** A learner is promoted when it is this close to its leader, for this long (S13). */
const learnerLagMaxEntries = 100;
const learnerSteadyMs = 100;
const observationGapMs = 5_000;
const muteGraceMs = 400;
const stopGraceMs = 10_000;

/** The chart's input: what the operator set, and what is drawn anew at every start. */
export function settingsOf(
  config: NodeConfig,
  drawn: Pick<NodeSettings, 'nonce' | 'jitter'>,
): NodeSettings {
  return {
    peerUrl: config.urls.peerAdvertise,
    clientUrl: config.urls.clientAdvertise,
    requiredSize: config.requiredSize,
    policy: {
      healthCheckTimeoutMs: config.healthCheckTimeoutMs,
      learnerTimeoutMs: config.learnerTimeoutMs,
      maxRemovalsPerHour: config.maxRemovalsPerHour,
      learnerLagMaxEntries,
    },
    learnerSteadyMs,
    observationGapMs,
    muteGraceMs,
    bootstrapTimeoutMs: config.bootstrapTimeoutMs,
    stopGraceMs,
    keepEtcdOnExit: config.onExit === 'keep-etcd',
    restorePolicy: config.snapshots?.restorePolicy ?? 'auto',
    snapshots: config.snapshots && {
      intervalMs: config.snapshots.intervalMs,
      verifyIntervalMs: config.snapshots.verifyIntervalMs,
    },
    ...drawn,
    e2dVersion: e2dVersion(),
  };
}
