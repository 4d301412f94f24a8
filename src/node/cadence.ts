import { isAdmittedLearner, ownStatus, quorumHeld } from '../../machines/node/guards.ts';
import type { NodeSnapshot } from '../../machines/node/step.ts';

const attentiveMs = 200;
const learnerMs = 100;
const quietOwnMs = 2_000;
const suspectMs = 1_000;

/** How often our own etcd is probed: often while it is not as it should be. */
export function ownProbeEveryMs({ context }: NodeSnapshot): number {
  if (ownStatus(context)?.learner || isAdmittedLearner(context)) return learnerMs;
  return quorumHeld(context) ? quietOwnMs : attentiveMs;
}

/** How often all members are asked: each second while anything is off, else as configured. */
export function membersProbeEveryMs(
  { context }: NodeSnapshot,
  healthCheckIntervalMs: number,
): number {
  if (ownStatus(context)?.learner || isAdmittedLearner(context)) return learnerMs;
  const { observation, peers, settings } = context;
  const silent = observation?.members.some(({ id }) => !observation.statuses[id]) ?? true;
  const learner = observation?.members.some((member) => member.learner) ?? false;
  const alive = 1 + peers.filter(({ liveness }) => liveness === 'alive').length;
  const isOff = silent || learner || alive < settings.requiredSize;
  return isOff ? Math.min(suspectMs, healthCheckIntervalMs) : healthCheckIntervalMs;
}

/**
 * Whose endpoint gives the member list: a learner may not, so a running peer's stands in for it.
 */
export function memberListFrom({ context }: NodeSnapshot): string {
  const { settings, peers } = context;
  if (!ownStatus(context)?.learner && !isAdmittedLearner(context)) return settings.clientUrl;
  const running = peers.find(
    ({ liveness, status }) => liveness === 'alive' && status === 'running',
  );
  return running?.clientUrl ?? settings.clientUrl;
}
