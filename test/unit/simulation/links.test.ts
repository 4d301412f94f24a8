import { describe, expect, test } from 'vitest';
import { Links } from '../../../src/simulation/links.ts';
import { SeededRandom } from '../../../src/simulation/seeded-random.ts';

const [a, b, c] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
const links = () => new Links(new SeededRandom(3));
const many = Array.from({ length: 1_000 });

describe('cuts', () => {
  test('are one way, and reach nobody else', () => {
    const net = links();
    net.cut([a], [b]);
    expect([net.reaches(a, b), net.reaches(b, a), net.reaches(a, c)]).toEqual([false, true, true]);
    expect(net.copies(a, b)).toBe(0);
    expect(net.copies(b, a)).toBe(1);
  });

  test('are of each of the first from each of the second', () => {
    const net = links();
    net.cut([a], [b, c]);
    expect([net.reaches(a, b), net.reaches(a, c), net.reaches(b, c)]).toEqual([false, false, true]);
  });

  test('never part a host from itself', () => {
    const net = links();
    net.cut([a, b], [a, b]);
    expect(net.reaches(a, a)).toBe(true);
    expect(net.reaches(a, b)).toBe(false);
  });

  test.each([[[0, 1]], [[1, 0]]])('overlap, and end in the order %j', (order) => {
    const net = links();
    const ends = [net.cut([a], [b]), net.cut([a], [b, c])];
    ends[order[0] ?? 0]?.();
    expect(net.reaches(a, b)).toBe(false);
    ends[order[1] ?? 0]?.();
    expect([net.reaches(a, b), net.reaches(a, c)]).toEqual([true, true]);
  });

  test('and their ends are told', () => {
    const net = links();
    const seen: boolean[] = [];
    net.onChange = () => seen.push(net.reaches(a, b));
    const mend = net.cut([a], [b]);
    mend();
    expect(seen).toEqual([false, true]);
  });
});

describe('weather', () => {
  test('is fair at first: one copy of everything, after the same time', () => {
    const net = links();
    expect(new Set(many.map(() => net.copies(a, b)))).toEqual(new Set([1]));
    expect(new Set(many.map(() => net.latencyMs(a, b)))).toEqual(new Set([0.5]));
  });

  test('loses the share that it says', () => {
    const net = links();
    net.worsen({ lossRate: 0.3 });
    const lost = many.filter(() => net.copies(a, b) === 0).length;
    expect(lost).toBeGreaterThan(230);
    expect(lost).toBeLessThan(370);
  });

  test('duplicates the share that it says', () => {
    const net = links();
    net.worsen({ duplicateRate: 0.6 });
    const twice = many.filter(() => net.copies(a, b) === 2).length;
    expect(twice).toBeGreaterThan(530);
    expect(twice).toBeLessThan(670);
  });

  test('delays between hosts, and not within one', () => {
    const net = links();
    net.worsen({ latencyMs: 80 });
    expect(net.latencyMs(a, b)).toBe(80);
    expect(net.latencyMs(a, a)).toBeLessThan(1);
  });

  test('lets what is sent later arrive earlier', () => {
    const net = links();
    net.worsen({ jitterMs: 100 });
    const times = many.map((_, at) => at + net.latencyMs(a, b));
    expect(times.some((time, at) => time < (times[at - 1] ?? 0))).toBe(true);
    expect(Math.max(...many.map(() => net.latencyMs(a, b)))).toBeLessThanOrEqual(100.5);
  });

  test.each([[[0, 1]], [[1, 0]]])('is as bad as the worst storm, ends %j', (order) => {
    const net = links();
    const storms = [{ latencyMs: 50 }, { latencyMs: 200 }];
    const ends = storms.map((storm) => net.worsen(storm));
    expect(net.latencyMs(a, b)).toBe(200);
    ends[order[0] ?? 0]?.();
    expect(net.latencyMs(a, b)).toBe(storms[order[1] ?? 0]?.latencyMs);
    ends[order[1] ?? 0]?.();
    expect(net.latencyMs(a, b)).toBe(0.5);
  });
});
