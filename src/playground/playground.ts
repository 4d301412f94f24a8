import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Member } from '../../machines/facts.ts';
import type { StatusReport } from '../../machines/status-report.ts';
import { createEndpointPool } from '../etcd/client/endpoint-pool.ts';
import type { FeedLine } from './feed.ts';
import { fromLog } from './log-news.ts';
import { type Listeners, loopbackListeners } from './loopback.ts';
import { IsolatedNetwork, obstacleToCuts } from './network.ts';
import { PlaygroundNode } from './playground-node.ts';
import { newsBetween } from './report-news.ts';
import { Sandbox } from './sandbox.ts';
import { Writer } from './writer.ts';

export interface PlaygroundOptions {
  readonly size: number;
  /** How this very program is called: node, its flags, the main script. */
  readonly program: readonly string[];
  /** The folder of the etcd to run. */
  readonly etcdBinDir: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Asks the e2d of a state dir how it is; rejects where none answers. */
  readonly askStatus: (stateDir: string, timeoutMs: number) => Promise<StatusReport>;
  readonly onFeed: (line: FeedLine) => void;
}

/**
 * Short, so that whoever watches sees a removal within a minute; the removals of an afternoon of
 * play must not meet the cap that protects a real cluster.
 */
const playFlags = [
  ...['--health-check-timeout', '10s', '--health-check-interval', '1s'],
  ...['--max-removals-per-hour', '1000'],
];
const portsInNamespace = { clientPort: 2379, peerPort: 2380, gossipPort: 7980 };
const lookEveryMs = 300;
const answerWithinMs = 1_000;

/** A real cluster on this machine that can be hurt at will, and that leaves nothing behind. */
export class Playground {
  readonly nodes: PlaygroundNode[] = [];
  readonly writer: Writer;
  /** Why no node can be cut off; null: any can. */
  readonly obstacle: string | null;
  readonly #options: PlaygroundOptions;
  readonly #sandbox: Sandbox;
  readonly #network: IsolatedNetwork | null;
  readonly #endpoints = createEndpointPool();
  readonly #reports = new Map<PlaygroundNode, StatusReport>();
  readonly #startedMs = performance.now();
  readonly #stop = new AbortController();
  readonly #looking: Promise<unknown>;

  private constructor(
    options: PlaygroundOptions,
    sandbox: Sandbox,
    places: { readonly network: IsolatedNetwork | null; readonly listeners: readonly Listeners[] },
  ) {
    const { network, listeners } = places;
    this.#options = options;
    this.#sandbox = sandbox;
    this.#network = network;
    this.obstacle = network === null ? obstacleToCuts() : null;
    for (const [index, one] of listeners.entries()) {
      this.nodes.push(this.#nodeAt(one, index, listeners));
    }
    this.writer = new Writer(
      this.nodes.map(({ url }) => url),
      this.#endpoints,
    );
    this.#looking = Promise.all(this.nodes.map((node) => this.#look(node)));
  }

  /** Makes the folders and, where it can, the network; starts every e2d. */
  static async start(options: PlaygroundOptions): Promise<Playground> {
    const sandbox = new Sandbox();
    let network: IsolatedNetwork | null = null;
    try {
      const { folder, networkId: id } = sandbox;
      const { size } = options;
      if (obstacleToCuts() === null) network = await IsolatedNetwork.create({ size, folder, id });
      const listeners =
        network === null
          ? await loopbackListeners(size)
          : network.places.map(({ host }) => ({ host, ...portsInNamespace }));
      const playground = new Playground(options, sandbox, { network, listeners });
      for (const node of playground.nodes) node.start();
      return playground;
    } catch (error) {
      network?.destroy();
      sandbox.remove();
      throw error;
    }
  }

  /** Fires when the playground ends. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedMs;
  }

  /** The latest report of a node; null while it gives none. */
  reportOf(node: PlaygroundNode): StatusReport | null {
    return this.#reports.get(node) ?? null;
  }

  /** Pulls a node's network cable; only where there is no obstacle. */
  cut(node: PlaygroundNode): void {
    this.#network?.cut(node.host);
    node.isCut = this.#network !== null;
  }

  heal(node: PlaygroundNode): void {
    this.#network?.heal(node.host);
    node.isCut = false;
  }

  /** Tells the feed something as `who`. */
  tell(who: string, text: string): void {
    this.#options.onFeed({ atMs: this.elapsedMs, who, text });
  }

  /** Who leads, asked of `nodes` themselves: the leader that one of them says it is itself. */
  async leaderAmong(nodes: readonly PlaygroundNode[]): Promise<PlaygroundNode | null> {
    const own = await Promise.all(
      nodes.map(async (node) => {
        const status = await this.#endpoints
          .at(node.url)
          .status({ timeoutMs: answerWithinMs })
          .catch(() => null);
        const leads = status !== null && status.leaderId === status.memberId;
        return leads ? { node, term: status.raftTerm } : null;
      }),
    );
    // A leader that was cut off or paused may not know yet that there is another.
    const leaders = own.filter((one) => one !== null).sort((a, b) => b.term - a.term);
    return leaders[0]?.node ?? null;
  }

  /**
   * The members, when they are exactly the nodes, as voters, and each of them says so itself,
   * answers a read through the quorum and has come to rest; else null.
   */
  async healthyMembers(): Promise<readonly Member[] | null> {
    const lists = await Promise.all(this.nodes.map((node) => this.#membersSeenBy(node)));
    const [first] = lists;
    const names = this.nodes.map(({ name }) => name).join();
    const isWell = lists.every((members) => {
      const sameIds = members?.map(({ id }) => id).join() === first?.map(({ id }) => id).join();
      return sameIds && members?.map(({ name }) => name).join() === names;
    });
    return isWell && first !== undefined ? first : null;
  }

  /** Whether a node takes a write right now. */
  async takesWrites(node: PlaygroundNode): Promise<boolean> {
    const options = { timeoutMs: answerWithinMs };
    const put = this.#endpoints.at(node.url).put('/playground-probe', node.name, options);
    return put.then(
      () => true,
      () => false,
    );
  }

  /** Ends every process and removes folder and network. */
  async destroy(): Promise<void> {
    this.#stop.abort();
    await Promise.all([this.writer.stop(), this.#looking]);
    this.#endpoints.close();
    this.#sandbox.remove();
    this.#network?.destroy();
  }

  async #membersSeenBy(node: PlaygroundNode): Promise<readonly Member[] | null> {
    const report = this.reportOf(node);
    if (report === null || !/standing\.voting/.test(report.node.state)) return null;
    const list = await this.#endpoints
      .at(node.url)
      .memberList({ timeoutMs: answerWithinMs })
      .catch(() => null);
    if (list === null || list.members.some(({ learner }) => learner)) return null;
    return [...list.members].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async #look(node: PlaygroundNode): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const before = this.reportOf(node);
      const report = await this.#options.askStatus(node.stateDir, answerWithinMs).catch(() => null);
      if (signal.aborted) return;
      if (report === null) this.#reports.delete(node);
      else this.#reports.set(node, report);
      for (const text of newsBetween(before, report)) this.tell(node.name, text);
      await pause(lookEveryMs, null, { signal }).catch(() => undefined);
    }
  }

  #nodeAt(listeners: Listeners, index: number, all: readonly Listeners[]): PlaygroundNode {
    const { program, environment, size, etcdBinDir } = this.#options;
    const name = `n${index + 1}`;
    const place = this.#network?.places[index];
    const seeds = all.map(({ host, gossipPort }) => `${host}:${gossipPort}`).join(',');
    return new PlaygroundNode({
      name,
      folder: join(this.#sandbox.folder, name),
      listeners,
      commandPrefix: place?.commandPrefix ?? [],
      reachableAt: place?.reachableAt ?? `${listeners.host}:${listeners.clientPort}`,
      program,
      flags: [
        ...['-n', String(size), '--etcd-bin-dir', etcdBinDir, ...playFlags],
        ...(size === 1 ? [] : ['--bootstrap-addrs', seeds]),
      ],
      environment,
      onLine: (line) => {
        const text = fromLog(line);
        if (text !== null) this.tell(name, text);
      },
    });
  }
}
