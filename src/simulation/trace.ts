import { createHash } from 'node:crypto';
import { statePath } from '../../machines/state-path.ts';
import type { DriverEntry } from '../node/driver.ts';
import type { ConfigChangeEvent } from './etcd/events.ts';
import type { Surroundings } from './habitat.ts';
import type { Life } from './life.ts';
import type { WorldWatcher } from './world.ts';

/** How many transitions a failure shows. */
const shown = 30;

/** What happened, in order: a hash of all of it, and the last transitions in words. */
export class Trace implements WorldWatcher {
  readonly #hash = createHash('sha256');
  readonly #last: string[] = [];
  readonly #states = new Map<string, string>();
  readonly #lives = new Map<string, number>();
  steps = 0;

  lifeBegan(life: Life): void {
    const { name } = life.machine;
    const count = (this.#lives.get(name) ?? 0) + 1;
    this.#lives.set(name, count);
    this.#states.set(name, '');
    this.note(life.machine.world, `${name} e2d starts (${count})`);
  }

  stepped({ machine }: Life, { event, snapshot, effects }: DriverEntry): void {
    this.steps += 1;
    const { name, world } = machine;
    const state = statePath(snapshot.value);
    const began = effects.flatMap((effect) => (effect.kind === 'start' ? [effect.id] : []));
    this.#hash.update(`${world.time.nowMs()} ${name} ${event.type} ${state} ${began.join()}\n`);
    if (this.#states.get(name) === state && began.length === 0) return;
    const from = this.#states.get(name) ?? '';
    this.#states.set(name, state);
    const moved = from === state ? state : `${from} → ${state}`;
    const asked = began.length === 0 ? '' : ` [${began.join(', ')}]`;
    this.#remember(world.time.nowMs(), `${name} ${event.type.padEnd(28)} ${moved}${asked}`);
  }

  configChanged({ kind, memberId, atMs, votersBefore }: ConfigChangeEvent): void {
    this.#hash.update(`${atMs} ${kind} ${memberId}\n`);
    this.#remember(atMs, `etcd  ${kind} ${memberId} (voters ${votersBefore.join(', ')})`);
  }

  /** Something that is no step of a chart. */
  note(world: Pick<Surroundings, 'time'>, line: string): void {
    this.#hash.update(`${world.time.nowMs()} ${line}\n`);
    this.#remember(world.time.nowMs(), line);
  }

  /** The last transitions, one a line, oldest first. */
  get tail(): readonly string[] {
    return this.#last;
  }

  /** To be asked once, at the end. */
  digest(): string {
    return this.#hash.digest('hex').slice(0, 16);
  }

  #remember(atMs: number, line: string): void {
    this.#last.push(`${stamp(atMs)} ${line}`);
    if (this.#last.length > shown) this.#last.shift();
  }
}

function stamp(atMs: number): string {
  return `${(atMs / 1_000).toFixed(3).padStart(8)}s`;
}
