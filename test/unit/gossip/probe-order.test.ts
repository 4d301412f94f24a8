import { describe, expect, test } from 'vitest';
import { ProbeOrder } from '../../../src/gossip/probe-order.ts';
import { SeededRandom } from '../../../src/simulation/seeded-random.ts';

const everybody = () => true;
const nothing = () => {};

describe('the order of probes', () => {
  test('every round has everybody once, in changing order', () => {
    const order = new ProbeOrder(new SeededRandom(1));
    for (const name of ['a', 'b', 'c', 'd']) order.add(name);
    const rounds = new Set<string>();
    for (let round = 0; round < 20; round += 1) {
      const names = [1, 2, 3, 4].map(() => order.take(everybody, nothing));
      expect([...names].sort()).toEqual(['a', 'b', 'c', 'd']);
      rounds.add(names.join(''));
    }
    expect(rounds.size).toBeGreaterThan(5);
  });

  test('unwanted ones are passed over; without anybody there is none', () => {
    const order = new ProbeOrder(new SeededRandom(1));
    expect(order.take(everybody, nothing)).toBeUndefined();
    order.add('a');
    order.add('b');
    const onlyB = (name: string) => name === 'b';
    expect([1, 2, 3].map(() => order.take(onlyB, nothing))).toEqual(['b', 'b', 'b']);
    expect(order.take(() => false, nothing)).toBeUndefined();
  });

  test('a newcomer and a removal in mid-round repeat and skip nobody', () => {
    const random = new SeededRandom(9);
    for (let attempt = 0; attempt < 50; attempt += 1) {
      const order = new ProbeOrder(random);
      for (const name of ['a', 'b', 'c', 'd']) order.add(name);
      const taken = [order.take(everybody, nothing), order.take(everybody, nothing)];
      order.add('new');
      const removed = ['a', 'b', 'c', 'd'].find((name) => !taken.includes(name));
      order.remove(removed ?? '');
      order.remove('unknown');
      let wrapped = false;
      const note = () => {
        wrapped = true;
      };
      for (;;) {
        const name = order.take(everybody, note);
        if (wrapped) break;
        taken.push(name);
      }
      const old = taken.filter((name) => name !== 'new');
      expect(new Set(taken).size).toBe(taken.length);
      expect(old).toHaveLength(3);
      expect(taken).not.toContain(removed);
    }
  });

  test('whoever is removed as a round ends is not probed again', () => {
    const order = new ProbeOrder(new SeededRandom(1));
    order.add('a');
    order.add('b');
    order.take(everybody, nothing);
    order.take(everybody, nothing);
    expect(order.take(everybody, () => order.remove('a'))).toBe('b');
  });
});
