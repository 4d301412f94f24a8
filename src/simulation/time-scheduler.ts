import { type SchedulerAction, type SchedulerLike, Subscription } from 'rxjs';
import type { Clock } from '../node/clock.ts';

/** RxJS on an injected clock. */
export function schedulerOn(clock: Pick<Clock, 'nowMs' | 'setTimeout' | 'clearTimeout'>) {
  const schedule = <State>(
    work: (this: SchedulerAction<State>, state?: State) => void,
    delayMs = 0,
    state?: State,
  ): Subscription => {
    const action = new ClockAction(clock, work);
    return action.schedule(state, delayMs);
  };
  return { now: () => clock.nowMs(), schedule } satisfies SchedulerLike;
}

class ClockAction<State> extends Subscription implements SchedulerAction<State> {
  readonly #clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>;
  readonly #work: (this: SchedulerAction<State>, state?: State) => void;
  #timer: unknown = null;

  constructor(
    clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>,
    work: (this: SchedulerAction<State>, state?: State) => void,
  ) {
    super(() => clock.clearTimeout(this.#timer));
    this.#clock = clock;
    this.#work = work;
  }

  schedule(state?: State, delayMs = 0): Subscription {
    if (this.closed) return this;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => this.#work.call(this, state), delayMs);
    return this;
  }
}
