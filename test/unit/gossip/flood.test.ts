import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FloodGuard } from '../../../src/gossip/flood-guard.ts';
import { type GossipProblem, Problems } from '../../../src/gossip/problems.ts';
import { type Slot, StreamSlots } from '../../../src/gossip/stream-slots.ts';
import { Keyring } from '../../../src/gossip/wire/keyring.ts';
import { encodePacket } from '../../../src/gossip/wire/packet-encode.ts';
import { VirtualClock } from '../../support/gossip-network.ts';
import { GossipPool, POOL_PORT } from '../../support/gossip-pool.ts';

const stranger = { addr: '10.9.9.9', port: 9 };
const member = { addr: '10.0.0.2', port: 7946 };
const key = (fill: number) => new Uint8Array(32).fill(fill);
let clock: VirtualClock;
let problems: Problems;
let told: GossipProblem[];

beforeEach(() => {
  clock = new VirtualClock();
  told = [];
  problems = new Problems(clock, (problem) => told.push(problem));
});

describe('packets that cannot be read', () => {
  function flood(guard: FloodGuard, from: { addr: string; port: number }, count: number): number {
    let admitted = 0;
    for (let packet = 0; packet < count; packet += 1) {
      if (!guard.admits(from)) continue;
      admitted += 1;
      guard.unreadable(from, 100);
    }
    return admitted;
  }

  test('are looked at so many times, and dropped unread beyond, told once', async () => {
    const guard = new FloodGuard({ clock, problems });
    const admitted = flood(guard, stranger, 50_000);
    expect(admitted).toBeGreaterThan(150);
    expect(admitted).toBeLessThanOrEqual(200);
    expect(guard.dropped).toBe(50_000 - admitted);
    // From another address of the same flooder, too.
    expect(flood(guard, { ...stranger, port: 10 }, 1000)).toBe(0);
    expect(told.map(({ code }) => code)).toEqual(['flooded']);
    await clock.run(500);
    const again = flood(guard, stranger, 50_000);
    expect(again).toBeGreaterThan(75);
    expect(again).toBeLessThanOrEqual(100);
  });

  test('cost by their size', () => {
    const guard = new FloodGuard({ clock, problems });
    let admitted = 0;
    for (; guard.admits(stranger); admitted += 1) guard.unreadable(stranger, 64 * 1024);
    expect(admitted).toBeLessThan(20);
  });

  test('of strangers take nothing from who is known, nor do those of another member', () => {
    const guard = new FloodGuard({ clock, problems });
    guard.know(member);
    flood(guard, stranger, 5000);
    expect(guard.admits(stranger)).toBe(false);
    expect(guard.admits(member)).toBe(true);
    flood(guard, member, 5000);
    expect(guard.admits(member)).toBe(false);
    guard.know({ ...member, port: 1 });
    expect(guard.admits({ ...member, port: 1 })).toBe(true);
  });
});

describe('a member of a pool', () => {
  const pool = new GossipPool(7);
  afterEach(() => pool.stop());

  test('is heard however many unreadable packets come from elsewhere', async () => {
    const [first, second] = await pool.form(2, { keyring: new Keyring([key(1)]) });
    const bytes = encodePacket([{ type: 'ping', seqNo: 1, node: 'n1' }], {
      keyring: new Keyring([key(2)]),
    });
    const to = { addr: '10.0.0.1', port: POOL_PORT };
    for (let step = 0; step < 300; step += 1) {
      for (let packet = 0; packet < 200; packet += 1) pool.network.inject(stranger, to, bytes);
      await pool.clock.run(100);
    }
    const changes = [first, second].flatMap((node) => node?.events.map(({ type }) => type) ?? []);
    expect(changes).not.toContain('suspected');
    expect(first?.problems.map(({ code }) => code)).toEqual(['wrongKey', 'flooded']);
    const standing = first?.gossip.standingProblems().map(({ subject }) => subject);
    expect(standing).toEqual(['10.9.9.9', 'packets']);
  });
});

describe('a wrong key', () => {
  const report = () => problems.report('wrongKey', '10.0.0.2', 'another key');

  test('is told once, however long it lasts, and again after it was right in between', async () => {
    for (let minutes = 0; minutes < 600; minutes += 1) {
      report();
      await clock.run(60_000 - 1);
    }
    expect(told).toHaveLength(1);
    expect(problems.standing(new Set(['wrongKey']))).toHaveLength(1);
    await clock.run(60_000);
    problems.isRight('wrongKey', '10.0.0.2');
    expect(problems.standing(new Set(['wrongKey']))).toEqual([]);
    report();
    expect(told).toHaveLength(2);
  });

  test('is not told again and again where a right node lives at the same address', async () => {
    for (let second = 0; second < 3600; second += 1) {
      report();
      problems.isRight('wrongKey', '10.0.0.2');
      await clock.run(1000);
    }
    expect(told).toHaveLength(1);
  });

  test('stands no more when nothing comes from there', async () => {
    report();
    await clock.run(6 * 60_000);
    expect(problems.standing(new Set(['wrongKey']))).toEqual([]);
  });

  test('of any number of addresses is remembered within bounds', async () => {
    for (let minute = 0; minute < 200; minute += 1) {
      for (let host = 0; host < 100; host += 1) {
        problems.report('wrongKey', `10.1.${minute}.${host}`, 'another key');
      }
      await clock.run(60_000);
    }
    // Twenty a minute, and of a thousand addresses at most.
    expect(told).toHaveLength(200 * 20);
  });
});

describe('streams', () => {
  interface Opened extends Slot {
    open: boolean;
  }

  function opener(slots: StreamSlots) {
    return (addr: string): Opened => {
      const slot: Opened = {
        addr,
        heldBytes: 0,
        open: true,
        close: () => {
          if (slots.giveBack(slot)) slots.wasted(slot);
          slot.open = false;
        },
      };
      if (!slots.take(slot)) slot.open = false;
      return slot;
    };
  }

  test('of one address are a share of all, and the oldest gives way', () => {
    const open = opener(new StreamSlots(clock, 64));
    const own = Array.from({ length: 20 }, () => open('10.9.9.9'));
    expect(own.map((slot) => slot.open)).toEqual([
      ...Array(4).fill(false),
      ...Array(16).fill(true),
    ]);
    expect(open('10.0.0.2').open).toBe(true);
  });

  test('of the address with most give way when all are taken', () => {
    const open = opener(new StreamSlots(clock, 8));
    const slots = ['a', 'a', 'b', 'b', 'c', 'd', 'e', 'f'].map(open);
    open('g');
    expect(slots.map((slot) => slot.open)).toEqual([false, ...Array(7).fill(true)]);
  });

  test('are refused where an address has wasted too many, for a while', async () => {
    const open = opener(new StreamSlots(clock, 64));
    for (let index = 0; index < 1000; index += 1) open('10.9.9.9').close();
    expect(open('10.9.9.9').open).toBe(false);
    expect(open('10.0.0.2').open).toBe(true);
    await clock.run(1000);
    expect(open('10.9.9.9').open).toBe(true);
  });

  test('hold so much together, and the one that holds most is closed', () => {
    const slots = new StreamSlots(clock, 64);
    const open = opener(slots);
    const [greedy, modest] = [open('a'), open('b')];
    slots.hold(modest, 1024 * 1024);
    slots.hold(greedy, 31 * 1024 * 1024);
    expect([greedy.open, modest.open]).toEqual([true, true]);
    slots.hold(modest, 1024);
    expect([greedy.open, modest.open]).toEqual([false, true]);
    slots.hold(open('c'), 30 * 1024 * 1024);
    expect(modest.open).toBe(true);
  });
});
