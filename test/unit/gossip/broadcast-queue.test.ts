import { describe, expect, test } from 'vitest';
import { BroadcastQueue } from '../../../src/gossip/broadcast-queue.ts';

const room = { bytes: 100, perPartBytes: 2, parts: 127 };
const part = (value: number, length = 10) => new Uint8Array(length).fill(value);
const values = (parts: readonly Uint8Array[]) => parts.map(([first]) => first);

describe('the broadcast queue', () => {
  test('sends each piece of news as often as the pool needs, and says when it is done', () => {
    const queue = new BroadcastQueue(2);
    let done = 0;
    queue.add('a', part(1), () => {
      done += 1;
    });
    expect(values(queue.take(room, 3))).toEqual([1]);
    expect(done).toBe(0);
    expect(values(queue.take(room, 3))).toEqual([1]);
    expect(done).toBe(1);
    expect(queue.take(room, 3)).toEqual([]);
    expect(queue.size).toBe(0);
  });

  test('nobody waits for the transmits on top, which still come', () => {
    const queue = new BroadcastQueue(2, 1);
    let done = 0;
    queue.add('a', part(1), () => {
      done += 1;
    });
    expect([1, 2].map(() => queue.take(room, 3).length)).toEqual([1, 1]);
    expect([done, queue.size]).toEqual([1, 1]);
    expect([1, 2].map(() => queue.take(room, 3).length)).toEqual([1, 0]);
    expect([done, queue.size]).toEqual([1, 0]);
  });

  test('newer news about the same node replaces the older, which is then done', () => {
    const queue = new BroadcastQueue(4);
    let done = 0;
    queue.add('a', part(1), () => {
      done += 1;
    });
    queue.take(room, 3);
    queue.add('a', part(2));
    expect(done).toBe(1);
    expect(values(queue.take(room, 3))).toEqual([2]);
    expect(queue.size).toBe(1);
  });

  test('takes the least sent first, then the larger, then the newer', () => {
    const queue = new BroadcastQueue(4);
    queue.add('sent', part(1, 30));
    queue.take(room, 3);
    queue.add('small', part(2, 5));
    queue.add('large', part(3, 20));
    queue.add('small too', part(4, 5));
    expect(values(queue.take(room, 3))).toEqual([3, 4, 2, 1]);
  });

  test('fills a packet and no more, passing over what does not fit', () => {
    const queue = new BroadcastQueue(4);
    queue.add('a', part(1, 60));
    queue.add('b', part(2, 50));
    queue.add('c', part(3, 36));
    expect(values(queue.take(room, 3))).toEqual([1, 3]);
    expect(values(queue.take({ ...room, bytes: 99 }, 3))).toEqual([2, 3]);
    expect(queue.take({ ...room, bytes: 37 }, 3)).toEqual([]);
    expect(values(queue.take({ ...room, bytes: 38 }, 3))).toEqual([3]);
  });

  test('never takes more parts than a packet may have', () => {
    const queue = new BroadcastQueue(4);
    for (let key = 0; key < 5; key += 1) queue.add(`${key}`, part(key));
    expect(queue.take({ ...room, parts: 3 }, 3)).toHaveLength(3);
  });

  test('clearing ends the wait of everybody', () => {
    const queue = new BroadcastQueue(4);
    let done = 0;
    const count = () => {
      done += 1;
    };
    queue.add('a', part(1), count);
    queue.add('b', part(2), count);
    queue.clear();
    expect([done, queue.size]).toEqual([2, 0]);
  });
});
