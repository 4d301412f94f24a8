import type { StateValue } from 'xstate';
import { statePath } from '../../machines/state-path.ts';
import type { DriverEntry } from './driver.ts';

/** Since when the chart is in its state, in each of its active states, and quorum in its own. */
export class StateSince {
  readonly #now: () => number;
  #state = { text: '', atMs: 0 };
  #quorum = { text: '', atMs: 0 };
  #active: ReadonlyMap<string, number> = new Map();

  constructor(now: () => number) {
    this.#now = now;
  }

  note({ snapshot, atMs }: Pick<DriverEntry, 'snapshot' | 'atMs'>): void {
    const state = statePath(snapshot.value);
    if (state === this.#state.text) return;
    this.#state = { text: state, atMs };
    const quorum = /quorum\.(\w+)/.exec(state)?.[1] ?? '';
    if (quorum !== this.#quorum.text) this.#quorum = { text: quorum, atMs };
    const before = this.#active;
    this.#active = new Map(
      ['', ...pathsIn(snapshot.value)].map((path) => [path, before.get(path) ?? atMs]),
    );
  }

  stateMs(): number {
    return this.#since(this.#state.atMs);
  }

  quorumMs(): number {
    return this.#since(this.#quorum.atMs);
  }

  /** For an active state by its path, such as `active.running`; the chart's own is ''. */
  activeMs(path: string): number {
    return this.#since(this.#active.get(path) ?? this.#state.atMs);
  }

  #since(atMs: number): number {
    return Math.max(0, Math.round(this.#now() - atMs));
  }
}

/** The paths of all states that a state value names, parents included. */
function pathsIn(value: StateValue, prefix = ''): readonly string[] {
  if (typeof value === 'string') return [`${prefix}${value}`];
  return Object.entries(value).flatMap(([name, below]) => [
    `${prefix}${name}`,
    ...(below === undefined ? [] : pathsIn(below, `${prefix}${name}.`)),
  ]);
}
