import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { asyncScheduler } from 'rxjs';
import type { Identity } from '../../machines/facts.ts';
import type { NodeConfig } from '../config/node-config.ts';
import { type ControlServer, serveControl } from '../control/control-server.ts';
import { createEndpointPool } from '../etcd/client/endpoint-pool.ts';
import { acquireStateLock } from '../etcd/data-dir/state-lock.ts';
import type { Log } from '../log/create-log.ts';
import { systemClock } from './clock.ts';
import { type ComposedNode, composeNode } from './compose.ts';
import type { DriverEntry } from './driver.ts';
import { toFault } from './effects.ts';
import { failureOf } from './failure.ts';
import { logSteps } from './log-lines.ts';
import { settingsOf } from './node-settings.ts';
import type { PeerGossip } from './peer-gossip.ts';
import { RealHost } from './real-host.ts';
import { StateSince } from './state-since.ts';
import { statusReport } from './status.ts';
import { endpointTls } from './tls.ts';

/** How the process is told to end: in order, and then at once. */
export interface StopSignals {
  readonly orderly: AbortSignal;
  readonly hurry: AbortSignal;
}

/**
 * Runs a node until it is told to stop (resolves to 0) or cannot go on (throws an `E2dError`). It
 * gives back all that it took: lock, sockets, timers; etcd only as `--on-exit` says.
 */
export async function runNode(config: NodeConfig, log: Log, stop: StopSignals): Promise<number> {
  const lock = await acquireStateLock(config.stateDir);
  try {
    return await live(config, log, stop);
  } finally {
    await lock.release();
  }
}

async function live(config: NodeConfig, log: Log, stop: StopSignals): Promise<number> {
  const failures: unknown[] = [];
  const since = new StateSince(() => systemClock.nowMs());
  const logStep = logSteps(log);
  const record = (entry: DriverEntry) => {
    since.note(entry);
    logStep(entry);
  };
  const node = composeNode({
    config,
    settings: settingsOf(config, drawn()),
    clock: systemClock,
    scheduler: asyncScheduler,
    host: new RealHost(config, { clock: systemClock, log }),
    endpoints: createEndpointPool(await endpointTls(config.tls)),
    meetPeers: (identity) => meetPeers(config, identity, log),
    toFault: (thrown) => {
      failures.push(thrown);
      return toFault(thrown);
    },
    record,
  });
  const { driver } = node;
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
  await release(node, control);
  if (last.matches('failed')) throw failureOf(last, failures);
  return 0;
}

/** Loaded late: a cluster of one does without gossip. */
async function meetPeers(config: NodeConfig, identity: Identity, log: Log): Promise<PeerGossip> {
  const { meetRealPeers } = await import('./real-peers.ts');
  return meetRealPeers(config, identity, log);
}

function whenAborted(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener('abort', act, { once: true });
}

function drawn() {
  return {
    nonce: randomBytes(8).toString('hex'),
    jitter: randomBytes(4).readUInt32BE() / 2 ** 32,
  };
}

async function release(node: ComposedNode, control: ControlServer): Promise<void> {
  await control.close();
  await node.release();
}
