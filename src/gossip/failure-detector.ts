import type { TimerHandle } from './clock.ts';
import { isGone } from './member-record.ts';
import { Probe, type ProbeDeps } from './probe.ts';
import { ProbeOrder } from './probe-order.ts';

/** Probes one other node after the other, for as long as it runs. */
export class FailureDetector {
  readonly #deps: ProbeDeps;
  readonly #order: ProbeOrder;
  #timer: TimerHandle | undefined;
  #probe: Probe | undefined;
  #tickMissed = false;

  constructor(deps: ProbeDeps) {
    this.#deps = deps;
    this.#order = new ProbeOrder(deps.random);
  }

  /** The first probe comes at a random moment, so that a pool does not probe in step. */
  start(): void {
    const { settings, random } = this.#deps;
    this.#schedule(random.next() * settings.probeIntervalMs);
  }

  stop(): void {
    if (this.#timer !== undefined) this.#deps.clock.clearTimeout(this.#timer);
    this.#probe?.cancel();
    this.#probe = undefined;
  }

  added(name: string): void {
    this.#order.add(name);
  }

  #schedule(waitMs: number): void {
    this.#timer = this.#deps.clock.setTimeout(() => this.#tick(), waitMs);
  }

  #tick(): void {
    this.#schedule(this.#deps.settings.probeIntervalMs);
    // A probe may outlast its interval; then the next one follows it at once.
    if (this.#probe === undefined) this.#probeNext();
    else this.#tickMissed = true;
  }

  #probeNext(): void {
    this.#tickMissed = false;
    const { table } = this.#deps;
    const name = this.#order.take(
      (candidate) => {
        const record = table.get(candidate);
        return record !== undefined && !isGone(record);
      },
      () => this.#forgetTheLongGone(),
    );
    const target = name === undefined ? undefined : table.get(name);
    if (target === undefined) return;
    this.#probe = new Probe(this.#deps, target, () => this.#probeDone());
  }

  #probeDone(): void {
    this.#probe = undefined;
    if (this.#tickMissed) this.#probeNext();
  }

  #forgetTheLongGone(): void {
    for (const name of this.#deps.membership.forgetTheLongGone()) this.#order.remove(name);
  }
}
