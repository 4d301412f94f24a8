import type { EtcdEndpoint } from '../etcd/client/endpoint.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { World } from './world.ts';

/** Where clients live: outside of every partition. */
const clientAddress = '10.0.9.1';
const pauseMs = { least: 500, most: 3_000 };
const timeoutMs = 2_000;

/** A client that writes one key after the other, now to this member and now to that. */
export class Client {
  /** Writes that were acknowledged to it, `key=value`. */
  readonly acknowledged: { readonly key: string; readonly value: string }[] = [];
  failures = 0;
  readonly #world: World;
  readonly #random: SeededRandom;
  #written = 0;

  constructor(world: World, random: SeededRandom) {
    this.#world = world;
    this.#random = random;
    this.#writeLater();
  }

  #writeLater(): void {
    const { time, machines, etcd } = this.#world;
    const write = () => {
      const { config } = this.#random.pick(machines);
      const endpoint = etcd.endpoint(clientAddress, config.urls.clientAdvertise);
      void this.#write(endpoint).then(() => {
        endpoint.close();
        this.#writeLater();
      });
    };
    time.setTimeout(write, this.#random.integer(pauseMs.least, pauseMs.most));
  }

  async #write(endpoint: EtcdEndpoint): Promise<void> {
    this.#written += 1;
    const [key, value] = [`work/${this.#written % 50}`, String(this.#written)];
    try {
      await endpoint.put(key, value, { timeoutMs });
      this.acknowledged.push({ key, value });
    } catch {
      // Refused, lost or too late: nothing was promised.
      this.failures += 1;
    }
  }
}
