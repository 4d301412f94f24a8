import type {
  BootstrapPlan,
  EtcdExitKind,
  EtcdLaunch,
  Identity,
  OwnData,
} from '../../machines/facts.ts';
import type {
  ChoiceRequest,
  ChosenSnapshot,
  EtcdProcess,
  Host,
  SnapshotKeeper,
} from '../node/host.ts';
import type { EtcdProcess as SimulatedEtcd } from './etcd/process.ts';
import { restoredData } from './etcd/restored-data.ts';
import type { Dweller, Habitat } from './habitat.ts';
import { SimulatedKeeper } from './store/simulated-keeper.ts';
import {
  choose,
  fetchAhead,
  fetchPlanned,
  simulatedEtcdVersion,
} from './store/simulated-restore.ts';

/** The host of one run of e2d: the machine's disk and processes, as that run reaches them. */
export class SimulatedHost implements Host {
  readonly #life: Dweller;

  /** Null where no store is configured. */
  readonly snapshots: SnapshotKeeper | null;

  readonly certificates = null;

  constructor(life: Dweller) {
    this.#life = life;
    const { config, world } = life.machine;
    this.snapshots =
      config.snapshots &&
      world.store &&
      new SimulatedKeeper({ life, store: world.store, config: config.snapshots });
  }

  ensureFolders(): Promise<void> {
    return this.#ask(() => undefined);
  }

  readIdentity(): Promise<Identity | null> {
    return this.#ask(({ identity }) => identity);
  }

  writeIdentity(identity: Identity): Promise<void> {
    return this.#write((machine) => {
      machine.identity = identity;
    });
  }

  newNodeId(): string {
    return this.#life.machine.random.hexadecimal(12);
  }

  surveyData(): Promise<{ readonly data: OwnData; readonly abandonedStart: boolean }> {
    return this.#ask(({ disk, isDamageHidden }) => ({
      data: dataOf(isDamageHidden && disk.state === 'unreadable' ? 'readable' : disk.state),
      abandonedStart: disk.isEmpty && disk.hasLeftovers,
    }));
  }

  moveDataAside(cause: string): Promise<string> {
    return this.#write(({ disk }) => {
      disk.moveAside(cause);
      return `member.${disk.aside.length}.${cause}`;
    });
  }

  expireMovedAside(): Promise<void> {
    return this.#ask(() => undefined);
  }

  async chooseSnapshot(request: ChoiceRequest, signal: AbortSignal): Promise<ChosenSnapshot> {
    const { store } = this.#life.machine.world;
    const { choice, keyspace } = await choose(request, { life: this.#life, store, signal });
    await this.#write(({ disk }) => disk.fetched.set(keyspace.sha256, keyspace));
    const { machine } = this.#life;
    const { order } = request;
    const snapshotId = choice.choice.id;
    const told = { kind: 'chosen', machine: machine.name, snapshotId, keyspace } as const;
    machine.world.happened({ ...told, order });
    return choice;
  }

  async fetchAhead(lineages: readonly string[], signal: AbortSignal): Promise<void> {
    const { store } = this.#life.machine.world;
    const keyspace = await fetchAhead(lineages, { life: this.#life, store, signal });
    if (keyspace === null) return;
    await this.#write(({ disk }) => disk.fetched.set(keyspace.sha256, keyspace));
  }

  async stageSnapshot(plan: BootstrapPlan, signal: AbortSignal): Promise<void> {
    const sha256 = plan.snapshot?.sha256 ?? '';
    if (await this.hasStaged(plan)) return;
    if (!(await this.#ask(({ disk }) => disk.fetched.has(sha256)))) {
      const { store } = this.#life.machine.world;
      const keyspace = await fetchPlanned(plan, { life: this.#life, store, signal });
      await this.#write(({ disk }) => disk.fetched.set(sha256, keyspace));
    }
    await this.#write(({ disk, config }) => {
      const keyspace = disk.fetched.get(sha256);
      if (keyspace === undefined) throw new Error(`ENOENT: ${sha256}.snapshot`);
      const data = restoredData(plan, keyspace, config.urls.peerAdvertise);
      disk.stage({ planId: plan.id, data });
    });
  }

  hasStaged(plan: BootstrapPlan): Promise<boolean> {
    return this.#ask(({ disk }) => disk.staged?.planId === plan.id);
  }

  /** Two renames, with an instant between them. */
  async installSnapshot(plan: BootstrapPlan): Promise<{ readonly movedTo: string | null }> {
    if (!(await this.hasStaged(plan))) throw new Error(`nothing is staged for plan ${plan.id}`);
    const movedTo = await this.#write((machine) => {
      const { disk, world, name } = machine;
      world.happened({ kind: 'makingWay', machine: name, plan });
      if (disk.isEmpty) return null;
      disk.moveAside('restored');
      return `member.${disk.aside.length}.restored`;
    });
    await this.#write((machine) => {
      const { disk, world, name } = machine;
      disk.placeStaged(plan.id);
      world.happened({ kind: 'installed', machine: name, plan });
    });
    await this.#write(({ disk }) => disk.discardStaged(null));
    return { movedTo };
  }

  discardStaged(keep: BootstrapPlan | null): Promise<void> {
    const kept = keep && { planId: keep.id, sha256: keep.snapshot?.sha256 ?? '' };
    return this.#ask(({ disk }) => disk.discardStaged(kept));
  }

  findEtcd(): Promise<string> {
    return this.#ask(() => simulatedEtcdVersion);
  }

  adoptEtcd(): Promise<EtcdProcess | null> {
    return this.#ask(({ etcd }) => (etcd?.isRunning ? this.#held(etcd) : null));
  }

  launchEtcd(launch: EtcdLaunch, name: string): Promise<EtcdProcess> {
    return this.#write((machine) => {
      const { config, disk, address, world } = machine;
      if (machine.etcd?.isRunning) throw new Error('an etcd runs on this data dir already');
      if (machine.launchEnds !== null) {
        const isLater = machine.launchEnds === 'newer-data' && disk.isEmpty;
        return endsAtOnce(isLater ? 'bad-flags' : machine.launchEnds, machine.world);
      }
      disk.hasLeftovers = disk.isEmpty;
      const { peerAdvertise: peerUrl, clientAdvertise: clientUrl } = config.urls;
      const etcd = world.etcd.start({ disk, host: address, name, peerUrl, clientUrl, launch });
      machine.etcd = etcd;
      return this.#held(etcd);
    });
  }

  #held(etcd: SimulatedEtcd): EtcdProcess {
    const life = this.#life;
    return {
      pid: etcd.pid,
      exited: life.reach(() => etcd.exited, false),
      stop: ({ graceMs }) => life.reach(() => etcd.stop(graceMs), true),
      release: () => undefined,
    };
  }

  #ask<T>(answer: (machine: Habitat) => T): Promise<T> {
    return this.#life.reach(() => this.#afterDisk(answer), false);
  }

  #write<T>(act: (machine: Habitat) => T): Promise<T> {
    return this.#life.reach(
      () =>
        this.#afterDisk((machine) => {
          if (machine.disk.full) throw new Error('ENOSPC: no space left on device');
          if (machine.random.chance(machine.effectsFail)) throw new Error('EIO: i/o error');
          return act(machine);
        }),
      true,
    );
  }

  async #afterDisk<T>(act: (machine: Habitat) => T): Promise<T> {
    const { machine } = this.#life;
    await machine.world.passed(1 + machine.diskDelayMs);
    // The process may have been killed while the disk was working.
    if (this.#life.time.hasEnded) return new Promise(() => undefined);
    return act(machine);
  }
}

/** As when etcd is started with flags that it does not take. */
function endsAtOnce(kind: EtcdExitKind, world: Habitat['world']): EtcdProcess {
  const reason = { kind, sentence: `etcd ended at once (${kind})` };
  const exited = world.passed(100).then(() => ({ requested: false, reason }));
  return { pid: 1, exited, stop: () => exited, release: () => undefined };
}

function dataOf(state: 'none' | 'readable' | 'unreadable'): OwnData {
  return state === 'unreadable'
    ? { kind: 'unreadable', problem: 'the write-ahead log is damaged' }
    : { kind: state };
}
