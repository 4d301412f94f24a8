import type {
  EtcdExitKind,
  EtcdLaunch,
  Identity,
  OwnData,
} from '../../machines/facts.ts';
import type { ChosenSnapshot, EtcdProcess, Host, SnapshotKeeper } from '../node/host.ts';
import type { EtcdProcess as SimulatedEtcd } from './etcd/process.ts';
import type { Dweller, Habitat } from './habitat.ts';

const simulatedEtcdVersion = '3.6.14';

/** The host of one run of e2d: the machine's disk and processes, as that run reaches them. */
export class SimulatedHost implements Host {
  readonly #life: Dweller;

  constructor(life: Dweller) {
    this.#life = life;
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

  readonly snapshots: SnapshotKeeper | null = null;

  chooseSnapshot(): Promise<ChosenSnapshot> {
    return this.#write(() => {
      throw new Error('the snapshot cannot be read');
    });
  }

  stageSnapshot(): Promise<void> {
    return this.#write(() => undefined);
  }

  hasStaged(): Promise<boolean> {
    return this.#ask(() => false);
  }

  installSnapshot(): Promise<{ readonly movedTo: string | null }> {
    return this.#write(() => ({ movedTo: null }));
  }

  discardStaged(): Promise<void> {
    return this.#ask(() => undefined);
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
