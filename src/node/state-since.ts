import { statePath } from '../../machines/state-path.ts';
import type { DriverEntry } from './driver.ts';

/** Since when the chart is in its state, and quorum in its own. */
export class StateSince {
  readonly #now: () => number;
  #state = { text: '', atMs: 0 };
  #quorum = { text: '', atMs: 0 };

  constructor(now: () => number) {
    this.#now = now;
  }

  note({ snapshot, atMs }: DriverEntry): void {
    const state = statePath(snapshot.value);
    if (state !== this.#state.text) this.#state = { text: state, atMs };
    const quorum = /quorum\.(\w+)/.exec(state)?.[1] ?? '';
    if (quorum !== this.#quorum.text) this.#quorum = { text: quorum, atMs };
  }

  stateMs(): number {
    return Math.round(this.#now() - this.#state.atMs);
  }

  quorumMs(): number {
    return Math.round(this.#now() - this.#quorum.atMs);
  }
}
