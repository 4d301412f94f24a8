import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { BehaviorSubject } from 'rxjs';
import { announcementOf } from '../../machines/node/announcement.ts';
import type { NodeSettings } from '../../machines/node/context.ts';
import type { NodeSnapshot } from '../../machines/node/step.ts';
import { e2dVersion } from '../config/e2d-version.ts';
import type { NodeConfig } from '../config/node-config.ts';
import { type ControlServer, serveControl } from '../control/control-server.ts';
import { createEndpointPool } from '../etcd/client/endpoint-pool.ts';
import { acquireStateLock } from '../etcd/data-dir/state-lock.ts';
import type { Log } from '../log/create-log.ts';
import { memberListFrom, membersProbeEveryMs, ownProbeEveryMs } from './cadence.ts';
import { systemClock } from './clock.ts';
import { Driver } from './driver.ts';
import { createEffects, toFault } from './effects.ts';
import { failureOf } from './failure.ts';
import { logSteps } from './log-lines.ts';
import { createObservers } from './observers.ts';
import type { NodeResources } from './resources.ts';
import { StateSince } from './state-since.ts';
import { statusReport } from './status.ts';
import { endpointTls } from './tls.ts';

/** How the process is told to end: in order, and then at once. */
export interface StopSignals {
  readonly orderly: AbortSignal;
  readonly hurry: AbortSignal;
}

/** A learner is promoted when it is this close to its leader, for this long (S13). */
const learnerLagMaxEntries = 100;
const learnerSteadyMs = 100;
const observationGapMs = 5_000;
const muteGraceMs = 400;
const stopGraceMs = 10_000;

/**
 * Runs a node until it is told to stop (resolves to 0) or cannot go on (throws an `E2dError`). It
 * gives back all that it took: lock, sockets, timers; etcd only as `--on-exit` says.
 */
export async function runNode(config: NodeConfig, log: Log, stop: StopSignals): Promise<number> {
  const lock = await acquireStateLock(config.stateDir);
  try {
    const tls = await endpointTls(config.tls);
    const ownEveryMs$ = new BehaviorSubject(0);
    const membersEveryMs$ = new BehaviorSubject(0);
    const listFrom$ = new BehaviorSubject(config.urls.clientAdvertise);
    const endpoints = createEndpointPool(tls);
    const resources: NodeResources = {
      config,
      log,
      clock: systemClock,
      endpoints,
      own: endpoints.at(config.urls.clientAdvertise),
      ownEveryMs$,
      membersEveryMs$,
      listFrom$,
      binaries: null,
      etcd: null,
      launching: null,
      gossip: null,
      movedInThisRun: new Set(),
    };
    const paceBy = (snapshot: NodeSnapshot) => {
      ownEveryMs$.next(ownProbeEveryMs(snapshot));
      listFrom$.next(memberListFrom(snapshot));
      membersEveryMs$.next(membersProbeEveryMs(snapshot, config.healthCheckIntervalMs));
    };
    return await live(resources, stop, paceBy);
  } finally {
    await lock.release();
  }
}

async function live(
  resources: NodeResources,
  stop: StopSignals,
  paceBy: (snapshot: NodeSnapshot) => void,
): Promise<number> {
  const { config, log, clock } = resources;
  const failures: unknown[] = [];
  const since = new StateSince(() => clock.nowMs());
  const logStep = logSteps(log);
  const announce = announcer(resources);
  const forgetEndpoints = endpointKeeper(resources);
  const driver = new Driver({
    settings: settingsOf(config),
    effects: createEffects(resources),
    observers: createObservers(resources),
    clock,
    toFault: (thrown) => {
      failures.push(thrown);
      return toFault(thrown);
    },
    record: (entry) => {
      since.note(entry);
      logStep(entry);
    },
    settled: (snapshot) => {
      paceBy(snapshot);
      forgetEndpoints(snapshot);
      announce(snapshot);
    },
  });
  const control = await serveControl(join(config.stateDir, 'e2d.sock'), {
    status: () =>
      statusReport(driver.snapshot, {
        processId: process.pid,
        stateSinceMs: since.stateMs(),
        quorumSinceMs: since.quorumMs(),
        warnings: config.warnings,
      }),
  });
  whenAborted(stop.orderly, () => driver.send({ type: 'operator.stop.requested' }));
  whenAborted(stop.hurry, () => driver.send({ type: 'operator.hurry.requested' }));
  driver.start();
  const last = await driver.ended;
  await release(resources, control);
  if (last.matches('failed')) throw failureOf(last, failures);
  return 0;
}

function whenAborted(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener('abort', act, { once: true });
}

function settingsOf(config: NodeConfig): NodeSettings {
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
    restorePolicy: 'auto',
    nonce: randomBytes(8).toString('hex'),
    jitter: randomBytes(4).readUInt32BE() / 2 ** 32,
    e2dVersion: e2dVersion(),
  };
}

/** Tells the pool what the chart says of this node, whenever that changes. */
function announcer(resources: NodeResources): (snapshot: NodeSnapshot) => void {
  let told = '';
  return (snapshot) => {
    const { gossip } = resources;
    if (gossip === null || snapshot.status !== 'active') return;
    const announcement = announcementOf(snapshot);
    const text = JSON.stringify(announcement);
    if (text === told) return;
    told = text;
    gossip.announce(announcement);
  };
}

/** Closes the connections to members that have left the list. */
function endpointKeeper({ endpoints, config }: NodeResources): (snapshot: NodeSnapshot) => void {
  let members: unknown = null;
  return ({ context }) => {
    const seen = context.observation?.members ?? null;
    if (seen === null || seen === members) return;
    members = seen;
    endpoints.keepOnly([
      config.urls.clientAdvertise,
      ...seen.flatMap(({ clientUrls }) => clientUrls),
      ...context.peers.map(({ clientUrl }) => clientUrl),
    ]);
  };
}

async function release(resources: NodeResources, control: ControlServer): Promise<void> {
  await control.close();
  await resources.gossip?.stop();
  resources.etcd?.release();
  resources.endpoints.close();
}
