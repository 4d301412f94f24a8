import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { asyncScheduler } from 'rxjs';
import type { Identity, RestoreOrder } from '../../machines/facts.ts';
import type { NodeSettings } from '../../machines/node/context.ts';
import { nodeMachine } from '../../machines/node/machine.ts';
import { refuseOrder } from '../../machines/node/restore-order.ts';
import type { NodeConfig } from '../config/node-config.ts';
import { redactedConfig } from '../config/redact.ts';
import type { ControlMethods } from '../control/requests.ts';
import { acquireStateLock } from '../etcd/data-dir/state-lock.ts';
import { type Journal, openJournal } from '../journal/journal.ts';
import type { Log } from '../log/create-log.ts';
import { definitionHash } from '../visualize/definition-hash.ts';
import { readChart } from '../visualize/read-chart.ts';
import { checkTls } from './check-tls.ts';
import { systemClock } from './clock.ts';
import { composeNode } from './compose.ts';
import { openConnections } from './connections.ts';
import { openControl } from './control.ts';
import type { Driver, DriverEntry } from './driver.ts';
import { toFault } from './effects.ts';
import { failureOf } from './failure.ts';
import type { GossipKeys, GossipKeysReport } from './gossip-keys.ts';
import { Inspection } from './inspect.ts';
import { logSteps } from './log-lines.ts';
import { settingsOf } from './node-settings.ts';
import { Owned } from './owned.ts';
import type { PeerGossip } from './peer-gossip.ts';
import { RealHost } from './real-host.ts';
import type { RealPeersOptions } from './real-peers.ts';
import { statusReport } from './status.ts';
import { admitStep } from './tls-migration/admit.ts';
import { TlsMigration } from './tls-migration/watch.ts';

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
    await checkTls(config, { log, now: systemClock.wallTime() });
    await admitStep(config);
    const owned = new Owned();
    return await live(config, { log, stop, owned }).finally(() => owned.release());
  } finally {
    await lock.release();
  }
}

interface LifeParts {
  readonly log: Log;
  readonly stop: StopSignals;
  readonly owned: Owned;
}

async function live(config: NodeConfig, { log, stop, owned }: LifeParts): Promise<number> {
  const failures: unknown[] = [];
  const settings = settingsOf(config, drawn());
  const journal = owned.add(recordingOf(config, settings, log), (one) => one.close());
  const inspection = new Inspection(systemClock);
  const logStep = logSteps(log);
  const record = (entry: DriverEntry) => {
    journal.record(entry);
    inspection.note(entry);
    logStep(entry);
    reach.note(entry);
  };
  const reach = owned.add(
    await openConnections(config, { log, snapshot: () => node.driver.snapshot }),
    (one) => one.stop(),
  );
  const host = new RealHost(config, { clock: systemClock, log, ...reach });
  owned.add(host.snapshots, (one) => one.close());
  const gossipKeys = owned.add(await openGossipKeys(config, log), (one) => one.stop());
  const node = composeNode({
    config,
    settings,
    clock: systemClock,
    scheduler: asyncScheduler,
    host,
    endpoints: reach.endpoints,
    meetPeers: (identity) => meetPeers(config, identity, { keyring: gossipKeys?.keyring, log }),
    toFault: (thrown) => {
      failures.push(thrown);
      return toFault(thrown);
    },
    record,
  });
  const { driver, resources } = owned.add(node, (one) => one.release());
  const migration = owned.add(
    await TlsMigration.start({ resources, policy: settings.policy, log }),
    (one) => one.stop(),
  );
  const warnings = () =>
    [reach.watch, reach.certificates, gossipKeys, resources.gossip, migration].flatMap(warned);
  const status = () =>
    statusReport(driver.snapshot, {
      processId: process.pid,
      stateSinceMs: inspection.since.stateMs(),
      quorumSinceMs: inspection.since.quorumMs(),
      warnings: [...config.warnings, ...recordingWarnings(journal), ...warnings()],
      certificates: reach.watch?.report() ?? [],
      clock: systemClock,
    });
  const methods: ControlMethods = {
    status,
    gossipKeys: () => gossipKeys?.report() ?? noGossipKeys,
    restore: ({ order }) => takeOrder(driver, order),
    inspect: ({ since }) =>
      inspection.report({
        status: status(),
        timers: driver.timers(),
        recording: journal.report(),
        since,
      }),
  };
  owned.add(await openControl(config, methods, log), (one) => one.close());
  whenAborted(stop.orderly, () => driver.send({ type: 'operator.stop.requested' }));
  whenAborted(stop.hurry, () => driver.send({ type: 'operator.hurry.requested' }));
  driver.start();
  reach.begin();
  const last = await driver.ended;
  if (last.matches('failed')) throw failureOf(last, failures);
  return 0;
}

/** What a part of the node has to say to an operator now. */
function warned(part: { warnings(): readonly string[] } | null): readonly string[] {
  return part?.warnings() ?? [];
}

/** An operator's order is carried out by the chart, or refused in a sentence. */
function takeOrder(driver: Driver, order: RestoreOrder | undefined): { readonly accepted: true } {
  if (order === undefined) throw new Error('no order is given');
  const { context } = driver.snapshot;
  const refusal = refuseOrder(context, order);
  if (refusal !== null) throw new Error(refusal);
  driver.send({ type: 'operator.restore.requested', order });
  return { accepted: true };
}

/** Loaded late: a cluster of one does without gossip. */
async function meetPeers(
  config: NodeConfig,
  identity: Identity,
  options: RealPeersOptions,
): Promise<PeerGossip> {
  const { meetRealPeers } = await import('./real-peers.ts');
  return meetRealPeers(config, identity, options);
}

async function openGossipKeys(config: NodeConfig, log: Log): Promise<GossipKeys | null> {
  if (config.gossipKeyFile === null && config.caKeyFile === null) return null;
  const { GossipKeys } = await import('./gossip-keys.ts');
  return GossipKeys.open(config, { clock: systemClock, log });
}

const noGossipKeys: GossipKeysReport = { source: null, ids: [], problem: null };

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

/** The event log: every step is in it before any of its effects begins. */
function recordingOf(config: NodeConfig, settings: NodeSettings, log: Log): Journal {
  return openJournal({
    folder: join(config.stateDir, 'events'),
    settings,
    config: redactedConfig(config),
    node: config.name,
    charts: { node: definitionHash(readChart('node', nodeMachine)) },
    clock: systemClock,
    onTrouble: (sentence) => log.error(sentence),
    onRecovered: (sentence) => log.info(sentence),
  });
}

function recordingWarnings(journal: Journal): readonly string[] {
  const { problem } = journal.report();
  return problem === null ? [] : [`nothing is recorded: ${problem}`];
}
