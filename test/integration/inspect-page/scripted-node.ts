import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AnyEventObject } from 'xstate';
import { charts } from '../../../machines/index.ts';
import { firstEvent, firstStep, nextStep, type Step } from '../../../machines/node/step.ts';
import { askNode } from '../../../src/cli/control-client.ts';
import { type ControlServer, serveControl } from '../../../src/control/control-server.ts';
import type { AskReport } from '../../../src/inspect-page/live-reports.ts';
import { type Journal, openJournal } from '../../../src/journal/journal.ts';
import { systemClock } from '../../../src/node/clock.ts';
import { Inspection } from '../../../src/node/inspect.ts';
import { statusReport } from '../../../src/node/status.ts';
import { definitionHash } from '../../../src/visualize/definition-hash.ts';
import { readChart } from '../../../src/visualize/read-chart.ts';
import { member, peer, settings, status } from '../../support/builders.ts';
import { healthyProbe, prepared } from '../../support/chart-run.ts';

/**
 * The real chart behind a real control socket, with a real event log; what happens around it is
 * told by the test, step by step.
 */
export class ScriptedNode {
  readonly folder: string;
  readonly #name: string;
  readonly #inspection = new Inspection(systemClock);
  readonly #journal: Journal;
  readonly #timers = new Map<string, number>();
  #control: ControlServer | null = null;
  #step: Step;
  #seq = 0;
  #pid = 4711;

  static async start(name = 'a'): Promise<ScriptedNode> {
    const node = new ScriptedNode(name, await mkdtemp(join(tmpdir(), 'e2d-page-')));
    await node.answer();
    return node;
  }

  private constructor(name: string, folder: string) {
    this.folder = folder;
    this.#name = name;
    const own = settings(name);
    const chart = readChart('node', charts.node);
    this.#journal = openJournal({
      folder: join(folder, 'events'),
      settings: own,
      config: {},
      node: name,
      charts: { node: definitionHash(chart) },
      clock: systemClock,
      onTrouble: () => undefined,
      onRecovered: () => undefined,
    });
    this.#step = firstStep(own);
    this.#note(firstEvent);
  }

  /** The file that the steps are recorded in. */
  get logFile(): string {
    return this.#journal.report().file ?? '';
  }

  readonly ask: AskReport = async ({ since, ...options }) => {
    const request = { method: 'inspect', ...(since === undefined ? {} : { since }) };
    const answer = await askNode(join(this.folder, 'e2d.sock'), request, {
      timeoutMs: 2000,
      ...options,
    });
    return answer as Awaited<ReturnType<AskReport>>;
  };

  /** Lets the node answer at its control socket. */
  async answer(): Promise<void> {
    this.#control = await serveControl(join(this.folder, 'e2d.sock'), {
      inspect: ({ since }) =>
        this.#inspection.report({
          status: statusReport(this.#step.snapshot, {
            processId: this.#pid,
            stateSinceMs: this.#inspection.since.stateMs(),
            quorumSinceMs: this.#inspection.since.quorumMs(),
            certificates: [],
            warnings: [],
            clock: systemClock,
          }),
          timers: [...this.#timers].map(([id, dueMs]) => ({
            id,
            leftMs: Math.max(0, dueMs - systemClock.nowMs()),
          })),
          recording: this.#journal.report(),
          since,
        }),
    });
  }

  /** Lets nobody reach the node. */
  async fallSilent(): Promise<void> {
    await this.#control?.close();
    this.#control = null;
  }

  send(event: AnyEventObject): this {
    this.#step = nextStep(this.#step.snapshot, event);
    this.#note(event);
    return this;
  }

  done(id: string, output: unknown): this {
    return this.send({ type: `xstate.done.actor.${id}`, output, actorId: id });
  }

  /** The machine is read: this node is a member of a cluster, and its data is here. */
  prepare(): this {
    const identity = {
      nodeId: `id-${this.#name}`,
      name: this.#name,
      peerUrl: `http://${this.#name}:2380`,
      requiredSize: 3,
      memberId: `m${this.#name}`,
      clusterId: 'c1',
      lineage: 'l1',
      plan: null,
    };
    return this.done('prepare', prepared({ identity, data: { kind: 'readable' } }));
  }

  /** etcd is started, answers, and sees its members and peers. */
  becomeHealthy(): this {
    return this.done('launchEtcd', { pid: 77 })
      .send({ type: 'etcd.probed', atMs: systemClock.nowMs(), probe: healthyProbe })
      .seeMembers()
      .seePeers();
  }

  seeMembers(): this {
    const members = [member('a'), member('b'), member('c', { learner: true })];
    const statuses = {
      ma: status('a'),
      mb: status('b', { raftAppliedIndex: 988 }),
      mc: status('c', { raftAppliedIndex: 400, learner: true }),
    };
    const observation = { members, statuses, progress: null };
    return this.send({ type: 'members.observed', atMs: systemClock.nowMs(), observation });
  }

  seePeers(liveness: 'alive' | 'suspect' = 'alive'): this {
    const peers = [
      peer('b', { status: 'running', data: 'readable', clusterId: 'c1' }),
      peer('c', { status: 'running', data: 'readable', clusterId: 'c1', liveness }),
    ];
    return this.send({ type: 'gossip.changed', atMs: systemClock.nowMs(), peers });
  }

  /** Reads do not come back any more. */
  loseQuorum(): this {
    const fault = { code: 'unavailable', message: 'no leader' };
    const probe = { ...healthyProbe, linearizable: fault };
    return this.send({ type: 'etcd.probed', atMs: systemClock.nowMs(), probe });
  }

  async stop(): Promise<void> {
    await this.fallSilent();
    await this.#journal.close();
    await rm(this.folder, { recursive: true });
  }

  #note(event: AnyEventObject): void {
    this.#seq += 1;
    const entry = { ...this.#step, seq: this.#seq, atMs: systemClock.nowMs(), event };
    this.#journal.record(entry);
    this.#inspection.note(entry);
    this.#timers.delete(event.type);
    for (const effect of entry.effects) {
      if (effect.kind === 'schedule') this.#timers.set(effect.id, entry.atMs + effect.delayMs);
      if (effect.kind === 'cancel') this.#timers.delete(effect.id);
    }
  }
}
