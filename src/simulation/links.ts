import type { SeededRandom } from './seeded-random.ts';

/** What the weather does to every message, on top of what is cut. */
interface Weather {
  /** Of datagrams: lost, and delivered twice. */
  readonly lossRate: number;
  readonly duplicateRate: number;
  /** One way; what varies lets a later message overtake an earlier one. */
  readonly latencyMs: number;
  readonly jitterMs: number;
}

const fairWeather: Weather = {
  lossRate: 0,
  duplicateRate: 0,
  latencyMs: 0.5,
  jitterMs: 0,
};

/** The links between hosts, each way by itself. Hosts are IP addresses. */
export class Links {
  /** Called when what `reaches` says has changed. */
  onChange: () => void = () => undefined;
  readonly #random: SeededRandom;
  /** How many faults cut a link now, by `from>to`. */
  readonly #cuts = new Map<string, number>();
  readonly #storms = new Set<Partial<Weather>>();
  #weather: Weather = fairWeather;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  reaches(from: string, to: string): boolean {
    return from === to || this.#cuts.size === 0 || !this.#cuts.has(`${from}>${to}`);
  }

  latencyMs(from: string, to: string): number {
    if (from === to) return 0.02;
    const { latencyMs, jitterMs } = this.#weather;
    return jitterMs === 0 ? latencyMs : latencyMs + jitterMs * this.#random.next();
  }

  /** How many times a datagram arrives. */
  copies(from: string, to: string): 0 | 1 | 2 {
    const { lossRate, duplicateRate } = this.#weather;
    if (!this.reaches(from, to)) return 0;
    if (lossRate > 0 && this.#random.chance(lossRate)) return 0;
    return duplicateRate > 0 && this.#random.chance(duplicateRate) ? 2 : 1;
  }

  /** Makes the weather worse, until it is called back. Of several storms the worst counts. */
  worsen(storm: Partial<Weather>): () => void {
    this.#storms.add(storm);
    this.#reckon();
    return () => {
      this.#storms.delete(storm);
      this.#reckon();
    };
  }

  #reckon(): void {
    const worst = (of: keyof Weather) =>
      Math.max(fairWeather[of], ...[...this.#storms].map((storm) => storm[of] ?? 0));
    this.#weather = {
      lossRate: worst('lossRate'),
      duplicateRate: worst('duplicateRate'),
      latencyMs: worst('latencyMs'),
      jitterMs: worst('jitterMs'),
    };
    this.onChange();
  }

  /** Cuts the way from each of the first hosts to each of the second; mends it when called. */
  cut(from: readonly string[], to: readonly string[]): () => void {
    const links = from.flatMap((one) => to.map((other) => `${one}>${other}`));
    for (const link of links) this.#cuts.set(link, (this.#cuts.get(link) ?? 0) + 1);
    this.onChange();
    return () => {
      for (const link of links) {
        const left = (this.#cuts.get(link) ?? 1) - 1;
        if (left === 0) this.#cuts.delete(link);
        else this.#cuts.set(link, left);
      }
      this.onChange();
    };
  }
}
