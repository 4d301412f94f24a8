import { interval, take, timer, toArray } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { ProcessTime } from '../../../src/simulation/process-time.ts';
import { SeededRandom } from '../../../src/simulation/seeded-random.ts';
import { schedulerOn } from '../../../src/simulation/time-scheduler.ts';
import { VirtualTime } from '../../../src/simulation/virtual-time.ts';

describe('virtual time', () => {
  test('runs timers in the order of their time, then of their age', async () => {
    const time = new VirtualTime();
    const ran: string[] = [];
    const random = new SeededRandom(7);
    const delays = Array.from({ length: 200 }, () => random.integer(0, 50));
    delays.forEach((delay, age) => {
      time.setTimeout(() => ran.push(`${time.nowMs()} ${age}`), delay);
    });
    await time.runUntil(50);
    const expected = delays
      .map((delay, age) => ({ delay, age }))
      .sort((a, b) => a.delay - b.delay || a.age - b.age)
      .map(({ delay, age }) => `${delay} ${age}`);
    expect(ran).toEqual(expected);
  });

  test('lets everything that waits for promises go on before the next timer', async () => {
    const time = new VirtualTime();
    const seen: number[] = [];
    const chain = async () => {
      for (let link = 0; link < 50; link += 1) await null;
      seen.push(time.nowMs());
    };
    time.setTimeout(() => void chain(), 1);
    time.setTimeout(() => seen.push(-1), 2);
    await time.runUntil(10);
    expect(seen).toEqual([1, -1]);
  });

  test('does not run what was called off, nor what is due later', async () => {
    const time = new VirtualTime();
    const ran: string[] = [];
    const off = time.setTimeout(() => ran.push('off'), 1);
    time.setTimeout(() => ran.push('later'), 11);
    time.clearTimeout(off);
    await time.runUntil(10);
    expect(ran).toEqual([]);
    expect(time.nowMs()).toBe(10);
  });
});

describe('the time of a process', () => {
  test('stands still while it is stopped: what was due runs late, all at once', async () => {
    const world = new VirtualTime();
    const time = new ProcessTime(world);
    const ran: number[] = [];
    time.setTimeout(() => ran.push(world.nowMs()), 10);
    time.setTimeout(() => ran.push(world.nowMs()), 20);
    time.pause();
    await world.runUntil(50);
    expect(ran).toEqual([]);
    time.resume();
    expect(ran).toEqual([50, 50]);
  });

  test('ends with it: nothing that it set ever runs', async () => {
    const world = new VirtualTime();
    const time = new ProcessTime(world);
    const ran: number[] = [];
    time.setTimeout(() => ran.push(1), 10);
    time.end();
    time.setTimeout(() => ran.push(2), 10);
    await world.runUntil(50);
    expect(ran).toEqual([]);
  });

  test('may run fast: its own second is over sooner', async () => {
    const world = new VirtualTime();
    const time = new ProcessTime(world, 1.25);
    let atMs = 0;
    time.setTimeout(() => {
      atMs = world.nowMs();
    }, 1_000);
    await world.runUntil(2_000);
    expect(atMs).toBe(800);
    expect(time.nowMs()).toBe(2_500);
  });
});

test('streams run on the same clock', async () => {
  const world = new VirtualTime();
  const scheduler = schedulerOn(new ProcessTime(world));
  const seen: number[][] = [];
  interval(100, scheduler)
    .pipe(take(3), toArray())
    .subscribe((values) => seen.push(values));
  const stopped: number[] = [];
  const subscription = timer(50, 50, scheduler).subscribe(() => stopped.push(world.nowMs()));
  await world.runUntil(120);
  subscription.unsubscribe();
  await world.runUntil(1_000);
  expect(seen).toEqual([[0, 1, 2]]);
  expect(stopped).toEqual([50, 100]);
});
