import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { ObjectStore } from '../../src/snapshots/store/object-store.ts';

export interface ContractStore {
  readonly store: ObjectStore;
  /** Ends what the store needs, and removes what it holds. */
  end(): Promise<void>;
}

const MIB = 1024 * 1024;
const SNAPSHOT = '2026-11-21T10:00:00Z-000000012345-a1b2c3';

/** What every `ObjectStore` must do. `make` gives a store of its own, empty, for each test. */
export function describeStoreContract(name: string, make: () => Promise<ContractStore>): void {
  const storeTest = (what: string, body: (store: ObjectStore) => Promise<void>) =>
    test(what, async () => {
      const { store, end } = await make();
      try {
        await body(store);
      } finally {
        store.close();
        await end();
      }
    });

  describe(`${name} keeps the contract of a store`, () => {
    describeReading(storeTest);
    describeCreating(storeTest);
    describeEnding(storeTest);
  });
}

type StoreTest = (what: string, body: (store: ObjectStore) => Promise<void>) => void;

function describeReading(storeTest: StoreTest): void {
  storeTest('is empty at first', async (store) => {
    expect(await store.list('', anyTime())).toEqual([]);
    expect(await store.list(`${SNAPSHOT}/`, anyTime())).toEqual([]);
  });

  storeTest('gives back what was put in, byte for byte', async (store) => {
    const key = `${SNAPSHOT}/etcd.backup.gz`;
    await store.create(key, textOf('one ', 'two', '', '\0\n'), anyTime());
    expect(await readText(store, key)).toBe('one two\0\n');
    expect(await store.list('', anyTime())).toEqual([{ key, sizeBytes: 9 }]);
  });

  storeTest('keeps an empty object', async (store) => {
    await store.create('a/empty', textOf(), anyTime());
    expect(await store.list('', anyTime())).toEqual([{ key: 'a/empty', sizeBytes: 0 }]);
    expect(await readText(store, 'a/empty')).toBe('');
  });

  storeTest('lists by prefix, sorted, with sizes', async (store) => {
    const other = SNAPSHOT.replace('a1b2c3', 'd4e5f6');
    const keys = [
      'b/z',
      'top',
      `${other}/e2d.json`,
      'b/a',
      `${SNAPSHOT}/e2d.json`,
      'b/c/d',
      'b-c/x',
    ];
    for (const key of keys) await store.create(key, textOf(key), anyTime());
    const listed = async (prefix: string) =>
      (await store.list(prefix, anyTime())).map((object) => object.key);
    expect(await listed('')).toEqual([...keys].sort());
    expect(await listed('b/')).toEqual(['b/a', 'b/c/d', 'b/z']);
    expect(await listed('b')).toEqual(['b-c/x', 'b/a', 'b/c/d', 'b/z']);
    expect(await listed('b/c/')).toEqual(['b/c/d']);
    expect(await listed('2026-11-21T10:00:00Z-')).toEqual([
      `${SNAPSHOT}/e2d.json`,
      `${other}/e2d.json`,
    ]);
    expect(await listed('c')).toEqual([]);
    expect(await store.list('b/z', anyTime())).toEqual([{ key: 'b/z', sizeBytes: 3 }]);
  });

  storeTest('says that an object is missing', async (store) => {
    await store.create('a/here', textOf('x'), anyTime());
    for (const key of ['gone', 'a/gone', 'b/gone', 'a'])
      await expect(readText(store, key)).rejects.toMatchObject({ code: 'E2D_STORE_MISSING' });
  });
}

function describeCreating(storeTest: StoreTest): void {
  storeTest('never writes over an object', async (store) => {
    await store.create('a/once', textOf('first'), anyTime());
    await expect(store.create('a/once', textOf('second'), anyTime())).rejects.toMatchObject({
      code: 'E2D_STORE_EXISTS',
    });
    expect(await readText(store, 'a/once')).toBe('first');
    await expect(store.create('a/once', blocks(12 * MIB), anyTime())).rejects.toMatchObject({
      code: 'E2D_STORE_EXISTS',
    });
    expect(await store.list('', anyTime())).toEqual([{ key: 'a/once', sizeBytes: 5 }]);
  });

  storeTest('lets one of many concurrent writers of a key win, wholly', async (store) => {
    const bodies = Array.from({ length: 8 }, (_, writer) => `writer ${writer} `.repeat(1000));
    const outcomes = await Promise.allSettled(
      bodies.map((body) => store.create('a/raced', textOf(body, body), anyTime())),
    );
    const winners = outcomes.flatMap(({ status }, writer) =>
      status === 'fulfilled' ? [writer] : [],
    );
    expect(winners).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected')
        expect(outcome.reason).toMatchObject({ code: 'E2D_STORE_EXISTS' });
    const body = bodies[winners[0] ?? -1] ?? '';
    expect(await readText(store, 'a/raced')).toBe(body + body);
    expect(await store.list('', anyTime())).toHaveLength(1);
  });

  storeTest('takes a large object', async (store) => {
    const sizeBytes = 20 * MIB + 7;
    await store.create('large/object', blocks(sizeBytes), anyTime());
    expect(await store.list('large/', anyTime())).toEqual([{ key: 'large/object', sizeBytes }]);
    const read = await store.read('large/object', anyTime());
    expect(await digestOf(read)).toBe(await digestOf(blocks(sizeBytes)));
  });

  storeTest('shows nothing of an object before it is whole', async (store) => {
    const seen: unknown[] = [];
    const body = async function* () {
      yield* blocks(11 * MIB);
      seen.push(await store.list('', anyTime()));
      await expect(readText(store, 'a/growing')).rejects.toMatchObject({
        code: 'E2D_STORE_MISSING',
      });
      yield* textOf('end');
    };
    await store.create('a/growing', body(), anyTime());
    expect(seen).toEqual([[]]);
    expect(await store.list('', anyTime())).toEqual([
      { key: 'a/growing', sizeBytes: 11 * MIB + 3 },
    ]);
  });
}

function describeEnding(storeTest: StoreTest): void {
  storeTest('leaves nothing of an object whose bytes end in an error', async (store) => {
    const body = async function* () {
      yield* blocks(11 * MIB);
      throw new Error('etcd went away');
    };
    await expect(store.create('a/half', body(), anyTime())).rejects.toThrow('etcd went away');
    expect(await store.list('', anyTime())).toEqual([]);
    await store.create('a/half', textOf('whole'), anyTime());
    expect(await readText(store, 'a/half')).toBe('whole');
  });

  storeTest('leaves nothing of a writing that is aborted, even if no byte comes', async (store) => {
    const control = new AbortController();
    const reason = new Error('no longer the leader');
    const body = async function* () {
      yield* blocks(11 * MIB);
      setImmediate(() => control.abort(reason));
      await new Promise(() => undefined);
    };
    const written = store.create('a/half', body(), { signal: control.signal });
    await expect(written).rejects.toBe(reason);
    expect(await store.list('', anyTime())).toEqual([]);
    await store.create('a/half', textOf('whole'), anyTime());
    expect(await readText(store, 'a/half')).toBe('whole');
  });

  storeTest('does nothing for a signal that has aborted already', async (store) => {
    await store.create('a/x', textOf('x'), anyTime());
    const reason = new Error('too late');
    const signal = AbortSignal.abort(reason);
    await expect(store.list('', { signal })).rejects.toBe(reason);
    await expect(store.read('a/x', { signal })).rejects.toBe(reason);
    await expect(store.create('a/y', textOf('y'), { signal })).rejects.toBe(reason);
    await expect(store.remove('a/x', { signal })).rejects.toBe(reason);
    expect(await store.list('', anyTime())).toEqual([{ key: 'a/x', sizeBytes: 1 }]);
  });

  storeTest('ends a reading that is aborted with an error', async (store) => {
    await store.create('a/large', blocks(20 * MIB), anyTime());
    const control = new AbortController();
    const read = await store.read('a/large', { signal: control.signal });
    const reading = digestOf(read, () => control.abort(new Error('no longer wanted')));
    await expect(reading).rejects.toThrow();
    expect(read.destroyed).toBe(true);
  });

  storeTest('removes an object, and only that one, once or twice', async (store) => {
    for (const key of ['a/x', 'a/xx', 'b/x']) await store.create(key, textOf('x'), anyTime());
    await store.remove('a/x', anyTime());
    await store.remove('a/x', anyTime());
    await store.remove('never/there', anyTime());
    const keys = (await store.list('', anyTime())).map(({ key }) => key);
    expect(keys).toEqual(['a/xx', 'b/x']);
    await store.create('a/x', textOf('again'), anyTime());
    expect(await readText(store, 'a/x')).toBe('again');
  });

  storeTest('has a name for people', async (store) => {
    expect(store.place).toMatch(/^(file|s3|https?):\/\/./);
  });
}

/** Bounds for what no test aborts; a store that hangs still ends. */
export function anyTime(): { readonly signal: AbortSignal } {
  return { signal: AbortSignal.timeout(120_000) };
}

export async function* textOf(...parts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

/** So many bytes that differ from block to block, in pieces of odd sizes. */
export async function* blocks(sizeBytes: number): AsyncGenerator<Uint8Array> {
  const pieceBytes = 61_441;
  for (let from = 0; from < sizeBytes; from += pieceBytes)
    yield Buffer.alloc(Math.min(pieceBytes, sizeBytes - from), `block ${from} `);
}

export async function readText(store: ObjectStore, key: string): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of await store.read(key, anyTime())) parts.push(part);
  return Buffer.concat(parts).toString();
}

async function digestOf(
  bytes: Readable | AsyncIterable<Uint8Array>,
  atFirst: () => void = () => undefined,
): Promise<string> {
  const hash = createHash('sha256');
  let count = 0;
  for await (const part of bytes) {
    if (count++ === 0) atFirst();
    hash.update(part);
  }
  return hash.digest('hex');
}
