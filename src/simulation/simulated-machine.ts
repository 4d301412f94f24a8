import type { EtcdExitKind, Identity } from '../../machines/facts.ts';
import type { NodeConfig } from '../config/node-config.ts';
import type { DriverEntry } from '../node/driver.ts';
import { EtcdDisk } from './etcd/disk.ts';
import type { EtcdProcess } from './etcd/process.ts';
import type { CrashPoint, Habitat, Surroundings } from './habitat.ts';
import { Life } from './life.ts';
import type { SeededRandom } from './seeded-random.ts';

interface MachineOptions {
  readonly random: SeededRandom;
  readonly watcher: LifeWatcher;
}

/** How long a service manager waits before it starts e2d again. */
const restartMs = { least: 500, most: 3_000 };

/** Who is told of the runs of e2d on a machine. */
export interface LifeWatcher {
  lifeBegan(life: Life): void;
  stepped(life: Life, entry: DriverEntry): void;
}

/**
 * One machine of the simulated world: its disk, its etcd, and one run of e2d after the other.
 */
export class SimulatedMachine implements Habitat {
  readonly name: string;
  readonly address: string;
  readonly #ownConfig: NodeConfig;
  /** The cluster size that an operator gives by mistake; null for the right one. */
  wrongSize: 3 | 5 | null = null;
  readonly world: Surroundings;
  readonly random: SeededRandom;
  readonly disk = new EtcdDisk();
  readonly lives: Life[] = [];
  identity: Identity | null = null;
  etcd: EtcdProcess | null = null;
  /** Whether this machine ever lost its data. */
  dataLost = false;
  /** Local milliseconds of e2d's clock in a true one. */
  clockRate = 1;
  wallSkewMs = 0;
  diskDelayMs = 0;
  answersLost = 0;
  answersLate = 0;
  /** Results of effects are told to the chart a second time, later. */
  resultsTwice = false;
  effectsFail = 0;
  isDamageHidden = false;
  launchEnds: EtcdExitKind | null = null;
  crashPoint: CrashPoint | null = null;
  /** While it is set the service is held down: a crash is not followed by a restart. */
  #heldDown = 0;
  readonly #watcher: LifeWatcher;
  #life: Life | null = null;

  constructor(world: Surroundings, config: NodeConfig, options: MachineOptions) {
    const { random, watcher } = options;
    this.#watcher = watcher;
    this.world = world;
    this.#ownConfig = config;
    this.random = random;
    this.name = config.name ?? '';
    this.address = config.host;
  }

  /** The run of e2d that is alive, if any. */
  get life(): Life | null {
    return this.#life;
  }

  get config(): NodeConfig {
    const { wrongSize } = this;
    return wrongSize === null ? this.#ownConfig : { ...this.#ownConfig, requiredSize: wrongSize };
  }

  startE2d(): void {
    if (this.#life !== null || this.#heldDown > 0) return;
    const life: Life = new Life(this, (entry) => this.#watcher.stepped(life, entry));
    this.#life = life;
    this.lives.push(life);
    this.#watcher.lifeBegan(life);
    life.begin(() => this.#ended(life));
  }

  /** SIGKILL. etcd runs on (S16). */
  killE2d(): void {
    const life = this.#life;
    if (life === null) return;
    this.#life = null;
    life.kill();
    this.#restartLater();
  }

  killEtcd(): void {
    this.etcd?.kill();
  }

  pauseE2d(): () => void {
    const life = this.#life;
    life?.time.pause();
    return () => life?.time.resume();
  }

  pauseEtcd(): () => void {
    const { etcd } = this;
    etcd?.pause();
    return () => etcd?.resume();
  }

  /** Both are killed, and nothing starts until it is called back. */
  powerOff(): () => void {
    this.#heldDown += 1;
    this.killE2d();
    this.killEtcd();
    return () => this.#release();
  }

  /** An operator stops the service, and starts it again when called back. */
  stopService(hurry: boolean): () => void {
    this.#heldDown += 1;
    const life = this.#life;
    // A signal waits while its process is stopped.
    life?.time.whenRunning(() => {
      life.node.driver.send({ type: 'operator.stop.requested' });
      if (hurry) life.node.driver.send({ type: 'operator.hurry.requested' });
    });
    return () => this.#release();
  }

  #release(): void {
    this.#heldDown -= 1;
    this.#restartLater();
  }

  #ended(life: Life): void {
    if (this.#life !== life) return;
    this.#life = null;
    this.#restartLater();
  }

  #restartLater(): void {
    if (this.#heldDown > 0) return;
    const { least, most } = restartMs;
    this.world.time.setTimeout(() => this.startE2d(), this.random.integer(least, most));
  }
}
