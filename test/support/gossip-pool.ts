import { createGossip, type Gossip } from '../../src/gossip/gossip.ts';
import type { GossipProblem } from '../../src/gossip/problems.ts';
import type { GossipSettings } from '../../src/gossip/settings.ts';
import type { UserState } from '../../src/gossip/state-exchange.ts';
import type { GossipEvent } from '../../src/gossip/view.ts';
import type { Keyring } from '../../src/gossip/wire/keyring.ts';
import { SeededRandom } from '../../src/simulation/seeded-random.ts';
import { GossipNetwork, NodeClock, VirtualClock } from './gossip-network.ts';

/** A gossip node of a simulated pool, with all that it has told so far. */
export interface PoolNode {
  readonly name: string;
  readonly addr: string;
  readonly gossip: Gossip;
  readonly clock: NodeClock;
  readonly events: GossipEvent[];
  readonly problems: GossipProblem[];
  readonly userMessages: Uint8Array[];
}

export interface PoolNodeOptions {
  readonly addr?: string;
  readonly bootstrap?: readonly string[];
  readonly meta?: Uint8Array;
  readonly keyring?: Keyring;
  readonly settings?: Partial<GossipSettings>;
  readonly userState?: UserState;
  /** How far this node's clock is ahead of the others'. */
  readonly clockOffsetMs?: number;
  readonly resolveHost?: (host: string) => Promise<readonly string[]>;
}

export const POOL_PORT = 7946;

/** A whole pool on one network and one clock, repeatable by its seed. */
export class GossipPool {
  readonly clock = new VirtualClock();
  readonly network = new GossipNetwork(this.clock);
  readonly nodes = new Map<string, PoolNode>();
  #seed: number;

  constructor(seed = 1) {
    this.#seed = seed;
  }

  /** Starts a node; `name` n3 lives at 10.0.0.3 unless told otherwise. */
  async start(name: string, options: PoolNodeOptions = {}): Promise<PoolNode> {
    const { addr = `10.0.0.${name.replace(/\D/g, '')}`, ...rest } = options;
    const { resolveHost, userState, clockOffsetMs, ...config } = rest;
    const clock = new NodeClock(this.clock, clockOffsetMs);
    const bind = { addr, port: POOL_PORT };
    this.#seed += 1;
    const gossip = createGossip(
      { name, bind, ...config },
      {
        clock,
        random: new SeededRandom(this.#seed),
        transport: this.network.transport(bind),
        ...(resolveHost === undefined ? {} : { resolveHost }),
        ...(userState === undefined ? {} : { userState }),
      },
    );
    const node: PoolNode = {
      name,
      addr,
      gossip,
      clock,
      events: [],
      problems: [],
      userMessages: [],
    };
    gossip.events$.subscribe((event) => node.events.push(event));
    gossip.problems$.subscribe((problem) => node.problems.push(problem));
    gossip.userMessages$.subscribe((body) => node.userMessages.push(body));
    await gossip.start();
    this.nodes.set(name, node);
    return node;
  }

  /** Nodes n1 to nN, each with all addresses as bootstrap, until all see all alive. */
  async form(size: number, options: PoolNodeOptions = {}): Promise<PoolNode[]> {
    const names = Array.from({ length: size }, (_, index) => `n${index + 1}`);
    const bootstrap = names.map((_, index) => `10.0.0.${index + 1}:${POOL_PORT}`);
    const nodes: PoolNode[] = [];
    for (const name of names) nodes.push(await this.start(name, { bootstrap, ...options }));
    await this.clock.runUntil(
      () => nodes.every((node) => aliveNames(node).length === size),
      10_000,
    );
    return nodes;
  }

  /** As kill -9 does it. */
  async kill(node: PoolNode): Promise<void> {
    this.nodes.delete(node.name);
    await node.gossip.stop();
  }

  /** As SIGSTOP does it: it neither reads nor thinks, and others get no answer. */
  stall(node: PoolNode): void {
    node.clock.stall();
    this.network.freeze({ addr: node.addr, port: POOL_PORT });
  }

  /** As SIGCONT does it: first all overdue timers run, then what has arrived is read. */
  resume(node: PoolNode): void {
    node.clock.resume();
    this.network.thaw({ addr: node.addr, port: POOL_PORT });
  }

  async stop(): Promise<void> {
    for (const { gossip } of this.nodes.values()) await gossip.stop();
  }
}

/** Names of the nodes that this one sees alive, itself included. */
export function aliveNames({ gossip }: PoolNode): string[] {
  const members = [...gossip.view().members.values()];
  return members
    .filter(({ state }) => state === 'alive')
    .map(({ name }) => name)
    .sort();
}

export function stateOf({ gossip }: PoolNode, name: string): string | undefined {
  return gossip.view().members.get(name)?.state;
}

/** Events about one node, by type, in order. */
export function eventsAbout({ events }: PoolNode, name: string): string[] {
  return events.filter(({ member }) => member.name === name).map(({ type }) => type);
}
