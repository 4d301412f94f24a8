import type { EtcdLaunch, Identity, OwnData } from '../../machines/facts.ts';
import type { EtcdProcess, Host } from '../node/host.ts';
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
    return this.#ask(({ disk }) => ({ data: dataOf(disk.state), abandonedStart: false }));
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

function dataOf(state: 'none' | 'readable' | 'unreadable'): OwnData {
  return state === 'unreadable'
    ? { kind: 'unreadable', problem: 'the write-ahead log is damaged' }
    : { kind: state };
}
