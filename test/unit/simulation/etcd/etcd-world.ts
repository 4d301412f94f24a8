import type { EtcdLaunch } from '../../../../machines/facts.ts';
import type { EtcdEndpoint, StatusAnswer } from '../../../../src/etcd/client/endpoint.ts';
import { faultOf } from '../../../../src/etcd/client/etcd-fault.ts';
import { EtcdDisk } from '../../../../src/simulation/etcd/disk.ts';
import { EtcdModel, type EtcdModelOptions } from '../../../../src/simulation/etcd/model.ts';
import type { EtcdProcess } from '../../../../src/simulation/etcd/process.ts';
import type { EtcdWorld } from '../../../../src/simulation/etcd/world.ts';
import { SeededRandom } from '../../../../src/simulation/seeded-random.ts';

interface Timer {
  readonly atMs: number;
  readonly id: number;
  readonly run: () => void;
}

/** Virtual time, in the order of the timers' times and then of their ages. */
export class TestClock {
  #nowMs = 0;
  #lastId = 0;
  readonly #timers = new Map<number, Timer>();

  nowMs(): number {
    return this.#nowMs;
  }

  setTimeout(run: () => void, ms: number): unknown {
    this.#lastId += 1;
    this.#timers.set(this.#lastId, { atMs: this.#nowMs + ms, id: this.#lastId, run });
    return this.#lastId;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(Number(timer));
  }

  get pending(): number {
    return this.#timers.size;
  }

  /** Runs until the condition holds or the time is over; says which. */
  async run(ms: number, isEnough: () => boolean = () => false): Promise<boolean> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      await settled();
      if (isEnough()) return true;
      if (!this.step(untilMs)) break;
    }
    this.#nowMs = untilMs;
    return isEnough();
  }

  /** Runs the next timer that is due until then. */
  step(untilMs: number): boolean {
    let next: Timer | undefined;
    for (const timer of this.#timers.values()) {
      if (next === undefined || timer.atMs < next.atMs) next = timer;
    }
    if (next === undefined || next.atMs > untilMs) return false;
    this.#timers.delete(next.id);
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    next.run();
    return true;
  }
}

/** All that waits for promises only has run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export interface TestNode {
  readonly name: string;
  readonly disk: EtcdDisk;
  readonly endpoint: EtcdEndpoint;
  readonly peerUrl: string;
  readonly clientUrl: string;
  process: EtcdProcess;
}

/** Nodes `a`, `b`, `c`, ... of one cluster in a world of their own. */
export class TestCluster {
  readonly clock = new TestClock();
  readonly random;
  readonly cut = new Set<string>();
  readonly model: EtcdModel;
  readonly world: EtcdWorld;
  readonly nodes = new Map<string, TestNode>();

  constructor(seed = 1, options: EtcdModelOptions = {}) {
    this.random = new SeededRandom(seed);
    this.world = {
      clock: this.clock,
      random: this.random,
      reaches: (from, to) => !this.cut.has(`${from}>${to}`),
      latencyMs: () => 0.5 + this.random.next(),
    };
    this.model = new EtcdModel(this.world, options);
  }

  launch(names: string, changes: Partial<EtcdLaunch> = {}): EtcdLaunch {
    const initialCluster = [...names].map((name) => `${name}=${peerUrlOf(name)}`).join(',');
    return { clusterState: 'new', initialCluster, clusterToken: 'token', ...changes };
  }

  start(name: string, launch: EtcdLaunch): TestNode {
    const known = this.nodes.get(name);
    const disk = known?.disk ?? new EtcdDisk();
    const [peerUrl, clientUrl] = [peerUrlOf(name), clientUrlOf(name)];
    const process = this.model.start({ disk, host: name, name, peerUrl, clientUrl, launch });
    const endpoint = known?.endpoint ?? this.model.endpoint(name, clientUrl);
    const node = { name, disk, endpoint, peerUrl, clientUrl, process };
    this.nodes.set(name, node);
    return node;
  }

  async form(names: string): Promise<void> {
    for (const name of names) this.start(name, this.launch(names));
    if (!(await this.clock.run(10_000, () => this.isSettled(names)))) throw new Error('unsettled');
    await this.clock.run(6_000);
  }

  /** One leader, followed by all of these, and all that it committed is applied. */
  isSettled(names: string): boolean {
    const views = this.views().filter(({ host }) => names.includes(host));
    const [first] = views;
    if (first === undefined || views.length !== names.length) return false;
    return views.every(
      ({ leaderId, applied, lastIndex }) =>
        leaderId !== null &&
        leaderId === first.leaderId &&
        applied === first.lastIndex &&
        lastIndex === first.lastIndex,
    );
  }

  views() {
    return [...this.model.clusters().values()].flatMap(({ processes }) => processes);
  }

  node(name: string): TestNode {
    const node = this.nodes.get(name);
    if (node === undefined) throw new Error(`there is no node ${name}`);
    return node;
  }

  view(name: string) {
    const view = this.views().find(({ host }) => host === name);
    if (view === undefined) throw new Error(`${name} does not run`);
    return view;
  }

  get leader(): TestNode {
    const view = this.views()
      .filter(({ role }) => role === 'leader')
      .sort((a, b) => b.term - a.term)[0];
    if (view === undefined) throw new Error('nobody leads');
    return this.node(view.host);
  }

  get running(): TestNode[] {
    return [...this.nodes.values()].filter(({ process }) => process.isRunning);
  }

  get followers(): TestNode[] {
    const { leader } = this;
    return this.running.filter((node) => node !== leader);
  }

  hasLeader(): boolean {
    return this.views().some(({ role }) => role === 'leader');
  }

  /** Nothing passes between the groups. */
  partition(...groups: readonly string[]): void {
    this.cut.clear();
    for (const group of groups) {
      for (const other of groups) {
        if (other === group) continue;
        for (const from of group) for (const to of other) this.cut.add(`${from}>${to}`);
      }
    }
    this.model.linksChanged();
  }

  heal(): void {
    this.partition();
  }

  /** What a call comes to within virtual time: its value, or its fault's code. */
  async ask<T>(call: Promise<T>, withinMs = 15_000): Promise<T | string> {
    let answer: { readonly value: T | string } | undefined;
    call.then(
      (value) => {
        answer = { value };
      },
      (problem) => {
        answer = { value: faultOf(problem).code };
      },
    );
    await this.clock.run(withinMs, () => answer !== undefined);
    if (answer === undefined) throw new Error('the call never ends');
    return answer.value;
  }

  async status(name: string): Promise<StatusAnswer> {
    const status = await this.ask(this.node(name).endpoint.status());
    if (typeof status === 'string') throw new Error(status);
    return status;
  }
}

export function peerUrlOf(name: string): string {
  return `http://${name}:2380`;
}

export function clientUrlOf(name: string): string {
  return `http://${name}:2379`;
}
