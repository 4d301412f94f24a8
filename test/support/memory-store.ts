import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { E2dError } from '../../src/errors/e2d-error.ts';
import type {
  Bounds,
  ObjectStore,
  OpenStore,
  SingleObject,
  StoredObject,
} from '../../src/snapshots/store/object-store.ts';

type Operation = 'list' | 'read' | 'create' | 'remove';

interface Fault {
  readonly code: string;
  /** Only for keys that begin so. */
  readonly prefix: string;
  /** How many more times it happens. */
  times: number;
}

/** An object store in memory, which fails when it is told to. */
export class MemoryStore implements ObjectStore {
  readonly place = 'memory';
  /** Every call, in order, e.g. `read a/e2d.json`. */
  readonly calls: string[] = [];
  /** The most reads that were ever open at once. */
  mostReads = 0;
  readonly #objects = new Map<string, Buffer>();
  readonly #faults = new Map<Operation, Fault[]>();
  #reads = 0;

  constructor(objects: Readonly<Record<string, string | Uint8Array>> = {}) {
    for (const [key, body] of Object.entries(objects)) this.put(key, body);
  }

  /** Puts an object there as another program would. */
  put(key: string, body: string | Uint8Array): void {
    this.#objects.set(key, Buffer.from(body));
  }

  get keys(): string[] {
    return [...this.#objects.keys()].sort();
  }

  text(key: string): string | undefined {
    return this.#objects.get(key)?.toString('utf8');
  }

  /** Makes an operation fail, for keys that begin with `prefix`, so many times. */
  fail(operation: Operation, code: string, { prefix = '', times = Infinity } = {}): void {
    const faults = this.#faults.get(operation) ?? [];
    this.#faults.set(operation, [...faults, { code, prefix, times }]);
  }

  heal(): void {
    this.#faults.clear();
  }

  /** What a store's URL leads to, with this as its root. */
  open(single: SingleObject | null = null): OpenStore {
    return { objects: this, single: async () => single };
  }

  async list(prefix: string, bounds: Bounds): Promise<readonly StoredObject[]> {
    await this.#begin('list', prefix, bounds);
    return this.keys
      .filter((key) => key.startsWith(prefix))
      .map((key) => ({ key, sizeBytes: this.#objects.get(key)?.length ?? 0 }));
  }

  async read(key: string, bounds: Bounds): Promise<Readable> {
    this.#reads += 1;
    this.mostReads = Math.max(this.mostReads, this.#reads);
    try {
      await this.#begin('read', key, bounds);
      const body = this.#objects.get(key);
      if (body === undefined) throw failure('E2D_STORE_MISSING', key);
      return Readable.from([body]).once('close', () => {
        this.#reads -= 1;
      });
    } catch (error) {
      this.#reads -= 1;
      throw error;
    }
  }

  async create(key: string, body: AsyncIterable<Uint8Array>, bounds: Bounds): Promise<null> {
    await this.#begin('create', key, bounds);
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) {
      bounds.signal.throwIfAborted();
      chunks.push(Buffer.from(chunk));
    }
    if (this.#objects.has(key)) throw failure('E2D_STORE_EXISTS', key);
    this.put(key, Buffer.concat(chunks));
    return null;
  }

  async remove(key: string, bounds: Bounds): Promise<void> {
    await this.#begin('remove', key, bounds);
    this.#objects.delete(key);
  }

  close(): void {}

  async #begin(operation: Operation, key: string, { signal }: Bounds): Promise<void> {
    this.calls.push(`${operation} ${key}`);
    signal.throwIfAborted();
    await setImmediate();
    signal.throwIfAborted();
    const faults = this.#faults.get(operation) ?? [];
    const fault = faults.find(({ prefix, times }) => key.startsWith(prefix) && times > 0);
    if (fault === undefined) return;
    fault.times -= 1;
    throw failure(fault.code, key);
  }
}

function failure(code: string, key: string): E2dError {
  return new E2dError(`The store in memory fails for "${key}" with ${code}.`, { code });
}
