import { expect, test } from 'vitest';
import { z } from 'zod';
import { ObjectReader } from '../../../../src/snapshots/catalogue/object-reader.ts';
import { MemoryStore } from '../../../support/memory-store.ts';

const bounds = { signal: new AbortController().signal };
const schema = z.object({ name: z.string() });
const MAX_BYTES = 1 << 20;

function readerOf(text: string) {
  const store = new MemoryStore({ a: text });
  return { store, reader: new ObjectReader(store, schema) };
}

test('an object is read once, and again when it was forgotten', async () => {
  const { store, reader } = readerOf('{"name":"oak"}');
  const object = { key: 'a', sizeBytes: 14 };
  const expected = { ok: true, value: { name: 'oak' } };
  expect(await reader.read(object, bounds)).toEqual(expected);
  reader.keepOnly(new Set(['a']));
  expect(await reader.read(object, bounds)).toEqual(expected);
  expect(store.calls).toEqual(['read a']);
  reader.keepOnly(new Set());
  expect(await reader.read(object, bounds)).toEqual(expected);
  expect(store.calls).toEqual(['read a', 'read a']);
});

test('what does not parse is not read again either', async () => {
  const { store, reader } = readerOf('{}');
  const object = { key: 'a', sizeBytes: 2 };
  const first = await reader.read(object, bounds);
  expect(first).toMatchObject({ ok: false });
  expect(await reader.read(object, bounds)).toEqual(first);
  expect(store.calls).toEqual(['read a']);
});

const tooLarge = { ok: false, problem: 'is larger than 1048576 bytes' };

test('a large object is not read at all', async () => {
  const { store, reader } = readerOf('{"name":"oak"}');
  expect(await reader.read({ key: 'a', sizeBytes: MAX_BYTES + 1 }, bounds)).toEqual(tooLarge);
  expect(store.calls).toEqual([]);
});

test('an object that is larger than it was said to be is not read to its end', async () => {
  const { reader } = readerOf(`{"name":"oak"}${' '.repeat(MAX_BYTES)}`);
  expect(await reader.read({ key: 'a', sizeBytes: 14 }, bounds)).toEqual(tooLarge);
});

test('one that is not there is a problem of the moment, and one that fails is a failure', async () => {
  const { store, reader } = readerOf('{"name":"oak"}');
  const object = { key: 'a', sizeBytes: 14 };
  store.fail('read', 'E2D_STORE_MISSING', { times: 1 });
  store.fail('read', 'E2D_STORE_DENIED', { times: 1 });
  const gone = { ok: false, problem: 'went away while it was read' };
  expect(await reader.read(object, bounds)).toEqual(gone);
  await expect(reader.read(object, bounds)).rejects.toMatchObject({ code: 'E2D_STORE_DENIED' });
  expect(await reader.read(object, bounds)).toMatchObject({ ok: true });
});
