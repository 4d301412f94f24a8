import { expect, test } from 'vitest';
import { Owned } from '../../../src/node/owned.ts';

test('what was opened last is given back first, and nothing twice', async () => {
  const ended: string[] = [];
  const owned = new Owned();
  const end = (name: string) => void ended.push(name);
  expect(owned.add('journal', end)).toBe('journal');
  expect(owned.add(null, () => end('nothing'))).toBeNull();
  owned.add('door', async (name) => end(name));
  await owned.release();
  await owned.release();
  expect(ended).toEqual(['door', 'journal']);
});

test('one that cannot be given back keeps no other from it, and is told', async () => {
  const ended: string[] = [];
  const owned = new Owned();
  owned.add('first', (name) => void ended.push(name));
  owned.add('second', () => Promise.reject(new Error('stuck')));
  owned.add('third', (name) => void ended.push(name));
  await expect(owned.release()).rejects.toThrow('stuck');
  expect(ended).toEqual(['third', 'first']);
});
