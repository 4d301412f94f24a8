import type { SimulatedMachine } from '../simulated-machine.ts';
import type { World } from '../world.ts';

/** Between two looks at the members a node cannot know who was there. */
const unnoticedMs = 5_000;

interface Absence {
  /** Since when the one does not hear the other's etcd. */
  readonly sinceMs: number;
  /** When it was heard again; null while it is not. */
  backMs: number | null;
}

/** Who could hear whose etcd, and since when not: the truth behind what nodes believe. */
export class Presence {
  /** By `observer>observed`: the latest absence. */
  readonly #absences = new Map<string, Absence>();

  /** To be called every little while. */
  look({ machines, links, time }: World): void {
    for (const observer of machines) {
      for (const observed of machines) {
        const hears =
          runs(observed) &&
          links.reaches(observer.address, observed.address) &&
          links.reaches(observed.address, observer.address);
        this.#note(`${observer.name}>${observed.name}`, hears, time.nowMs());
      }
    }
  }

  #note(pair: string, hears: boolean, atMs: number): void {
    const last = this.#absences.get(pair);
    if (hears) {
      if (last?.backMs === null) last.backMs = atMs;
      return;
    }
    if (last?.backMs === null) return;
    const wentUnnoticed = last !== undefined && atMs - last.backMs < unnoticedMs;
    this.#absences.set(pair, { sinceMs: wentUnnoticed ? last.sinceMs : atMs, backMs: null });
  }

  /**
   * For how long the observer has not heard the other, up to now or to no longer than `graceMs`
   * ago; 0 when it hears it.
   */
  awayMs(observer: string, observed: string, atMs: number, graceMs: number): number {
    const absence = this.#absences.get(`${observer}>${observed}`);
    if (absence === undefined) return 0;
    const isOver = absence.backMs !== null && atMs - absence.backMs > graceMs;
    return isOver ? 0 : atMs - absence.sinceMs;
  }
}

function runs({ etcd }: SimulatedMachine): boolean {
  return etcd?.isRunning === true && !etcd.isPaused;
}
