import type { Identity } from '../../machines/facts.ts';
import type { NodeSettings } from '../../machines/node/context.ts';
import type { NodeEvent } from '../../machines/node/events.ts';
import type { EtcdEndpoint } from '../etcd/client/endpoint.ts';
import { createEndpointPool } from '../etcd/client/endpoint-pool.ts';
import { EtcdFault } from '../etcd/client/etcd-fault.ts';
import { createGossip } from '../gossip/gossip.ts';
import { type ComposedNode, composeNode } from '../node/compose.ts';
import type { DriverEntry } from '../node/driver.ts';
import { toFault } from '../node/effects.ts';
import { settingsOf } from '../node/node-settings.ts';
import { PeerGossip, poolConfig } from '../node/peer-gossip.ts';
import type { SimulatedTransport } from './gossip-network.ts';
import type { Dweller, Habitat } from './habitat.ts';
import { ProcessTime } from './process-time.ts';
import { SimulatedHost } from './simulated-host.ts';
import { schedulerOn } from './time-scheduler.ts';

/** What an endpoint does to the cluster, where everything else only asks. */
const writes: readonly (keyof EtcdEndpoint)[] = [
  'addLearner',
  'addMember',
  'promote',
  'remove',
  'moveLeader',
  'put',
  'transact',
  'grantLease',
  'revokeLease',
];

/** How late a late answer is. */
const lateMs = { least: 50, most: 3_000 };

/**
 * One run of e2d on a simulated machine: the real node on a simulated host and network. Everything
 * it does to the world passes `reach`, where it may die, or wait, or never hear of it.
 */
export class Life implements Dweller {
  readonly machine: Habitat;
  readonly time: ProcessTime;
  readonly settings: NodeSettings;
  readonly node: ComposedNode;
  readonly entries: DriverEntry[] = [];
  #transport: SimulatedTransport | null = null;

  constructor(machine: Habitat, stepped: (entry: DriverEntry) => void) {
    this.machine = machine;
    const { world, config, random } = machine;
    this.time = new ProcessTime(world.time, machine.clockRate);
    this.time.wallSkewMs = machine.wallSkewMs;
    const drawn = { nonce: random.hexadecimal(16), jitter: random.next() };
    this.settings = settingsOf(config, drawn);
    this.node = composeNode({
      config,
      settings: this.settings,
      clock: this.time,
      scheduler: schedulerOn(this.time),
      host: new SimulatedHost(this),
      endpoints: createEndpointPool({}, (url) => this.#endpoint(url)),
      meetPeers: (identity) => this.#meetPeers(identity),
      toFault,
      record: (entry) => {
        this.entries.push(entry);
        if (machine.resultsTwice) this.#tellAgain(entry);
        stepped(entry);
      },
    });
  }

  begin(onEnd: () => void): void {
    const { driver } = this.node;
    driver.start();
    void driver.ended.then(async () => {
      await this.node.release();
      this.#vanish();
      onEnd();
    });
  }

  /** SIGKILL: nothing that it had begun goes on. */
  kill(): void {
    this.#vanish();
  }

  /**
   * Something this run does to the world. It may be the moment at which it dies; what comes back
   * comes late to one that is stopped, and never to one that is dead.
   */
  async reach<T>(act: () => Promise<T>, isEffect: boolean): Promise<T> {
    if (this.time.hasEnded || (isEffect && this.#diesNow('before'))) return never();
    const outcome = await act().then(
      (value) => () => value,
      (problem: unknown) => () => {
        throw problem;
      },
    );
    if (isEffect && this.#diesNow('after')) return never();
    return new Promise((resolve, reject) => {
      const hand = () => {
        try {
          resolve(outcome());
        } catch (problem) {
          reject(problem);
        }
      };
      this.time.whenRunning(hand);
    });
  }

  #tellAgain({ event }: DriverEntry): void {
    if (!event.type.startsWith('xstate.done.actor.')) return;
    const { random } = this.machine;
    const again = () => this.node.driver.send(event as unknown as NodeEvent);
    this.time.setTimeout(again, random.integer(lateMs.least, lateMs.most));
  }

  #diesNow(when: 'before' | 'after'): boolean {
    const point = this.machine.crashPoint;
    if (point === null || point.when !== when) return false;
    if (point.isOfRestore && !this.#isRestoring) return false;
    point.left -= 1;
    if (point.left > 0) return false;
    this.machine.crashPoint = null;
    this.machine.killE2d();
    return true;
  }

  get #isRestoring(): boolean {
    const { context } = this.node.driver.snapshot;
    return context.path === 'restore-from-snapshot' && context.backup.last === null;
  }

  #endpoint(url: string): EtcdEndpoint {
    const { world, address } = this.machine;
    const endpoint = world.etcd.endpoint(address, url);
    return new Proxy(endpoint, {
      get: (target, name: keyof EtcdEndpoint) => {
        const member = target[name];
        if (typeof member !== 'function' || name === 'close') return member;
        const call = member.bind(target) as (...args: unknown[]) => Promise<unknown>;
        return (...args: unknown[]) =>
          this.reach(() => this.#answerOf(() => call(...args)), writes.includes(name));
      },
    });
  }

  /** An answer may be lost after the deed, or be late. */
  async #answerOf<T>(call: () => Promise<T>): Promise<T> {
    const { answersLost, answersLate, random } = this.machine;
    const answer = await call();
    if (answersLost > 0 && random.chance(answersLost)) {
      throw new EtcdFault('deadline', 'The answer was lost.');
    }
    if (answersLate > 0 && random.chance(answersLate)) {
      await this.machine.world.passed(random.integer(lateMs.least, lateMs.most));
    }
    return answer;
  }

  async #meetPeers(identity: Identity): Promise<PeerGossip> {
    const { world, config, random } = this.machine;
    const own = poolConfig(config, identity.name);
    this.#transport = world.network.transport(own.bind, this.time);
    const deps = { clock: this.time, random: random.fork(), transport: this.#transport };
    const pool = createGossip(own, deps);
    return PeerGossip.start(identity.name, pool);
  }

  #vanish(): void {
    this.time.end();
    this.#transport?.vanish();
  }
}

function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}
