import { setTimeout as pause } from 'node:timers/promises';
import { EtcdGateway } from './etcd-gateway.ts';
import { waitUntil } from './wait-until.ts';

export interface Acknowledged {
  readonly sequence: number;
  readonly revision: number;
  readonly atMs: number;
}

const writeTimeoutMs = 1_000;

/**
 * A client that writes one key after the other, to whichever endpoint takes it, and remembers every
 * write that was acknowledged. A write that failed may or may not be there: its key is not reused.
 */
export class ContinuousWriter {
  readonly acknowledged: Acknowledged[] = [];
  readonly #gateways: EtcdGateway[];
  readonly #everyMs: number;
  readonly #prefix: string;
  #sequence = 0;
  #running = true;
  readonly #loop: Promise<void>;

  /** Two writers of one cluster need a prefix each. */
  constructor(endpoints: readonly string[], everyMs = 10, prefix = '/written/') {
    this.#gateways = endpoints.map((endpoint) => new EtcdGateway(endpoint));
    this.#everyMs = everyMs;
    this.#prefix = prefix;
    this.#loop = this.#write();
  }

  /** Resolves when `count` more writes than now are acknowledged. */
  async hasWritten(count: number, withinMs = 20_000): Promise<void> {
    const goal = this.acknowledged.length + count;
    await waitUntil(() => this.acknowledged.length >= goal, {
      what: `${count} more writes are acknowledged`,
      withinMs,
      everyMs: 20,
    });
  }

  /** The longest time between two acknowledged writes that follow one another, from `fromMs` on. */
  longestGapMs(fromMs = 0): number {
    let longest = 0;
    for (const [index, write] of this.acknowledged.entries()) {
      const before = this.acknowledged[index - 1];
      if (before !== undefined && write.atMs >= fromMs) {
        longest = Math.max(longest, write.atMs - before.atMs);
      }
    }
    return longest;
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#loop;
    for (const gateway of this.#gateways) gateway.close();
  }

  /**
   * Reads everything back through a member and throws unless every write acknowledged so far is
   * there with its value and in the very revision that was acknowledged.
   */
  async assertAllAcknowledged(reader: EtcdGateway): Promise<number> {
    const expected = [...this.acknowledged];
    const found = new Map((await reader.list(this.#prefix)).map((stored) => [stored.key, stored]));
    const wrong = expected.filter((write) => {
      const stored = found.get(this.#keyOf(write.sequence));
      return stored?.value !== String(write.sequence) || stored.modRevision !== write.revision;
    });
    const first = wrong[0];
    if (first === undefined) return expected.length;
    const stored = JSON.stringify(found.get(this.#keyOf(first.sequence)) ?? 'nothing');
    throw new Error(
      `${wrong.length} of ${expected.length} acknowledged writes are lost or changed at ` +
        `${reader.endpoint}; the first is ${JSON.stringify(first)}, found ${stored}`,
    );
  }

  async #write(): Promise<void> {
    let preferred = 0;
    while (this.#running) {
      const gateway = this.#gateways[preferred % this.#gateways.length];
      if (gateway === undefined) throw new Error('a writer needs at least one endpoint');
      this.#sequence += 1;
      const sequence = this.#sequence;
      try {
        const revision = await gateway.put(this.#keyOf(sequence), String(sequence), writeTimeoutMs);
        this.acknowledged.push({ sequence, revision, atMs: performance.now() });
      } catch {
        preferred += 1;
      }
      await pause(this.#everyMs);
    }
  }

  #keyOf(sequence: number): string {
    return `${this.#prefix}${String(sequence).padStart(8, '0')}`;
  }
}
