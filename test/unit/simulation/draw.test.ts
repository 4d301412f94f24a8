import { describe, expect, test } from 'vitest';
import { drawScenario, healAtMs } from '../../../src/simulation/draw.ts';
import { faultKinds } from '../../../src/simulation/faults.ts';

const scenarios = Array.from({ length: 500 }, (_, at) => drawScenario(at + 1));
const faults = scenarios.flatMap((scenario) => scenario.faults);

const setOf = <T>(values: readonly T[]) => [...new Set(values)].sort();

describe('what a seed draws', () => {
  test('is the same every time, and another for another seed', () => {
    expect(drawScenario(12)).toEqual(drawScenario(12));
    const texts = scenarios.map(({ draft, faults: list }) => JSON.stringify([draft, list]));
    expect(new Set(texts).size).toBe(scenarios.length);
  });

  test('is plain data: a scenario survives being written down', () => {
    for (const scenario of scenarios) {
      expect(JSON.parse(JSON.stringify(scenario))).toEqual(scenario);
    }
  });

  test('covers every kind of fault, and every size', () => {
    expect(setOf(faults.map(({ kind }) => kind))).toEqual([...faultKinds].sort());
    expect(setOf(scenarios.map(({ draft }) => draft.size))).toEqual([1, 3, 5]);
  });

  test('varies in the settings of the cluster', () => {
    const varied = (of: (draft: (typeof scenarios)[number]['draft']) => unknown) =>
      setOf(scenarios.map(({ draft }) => of(draft))).length;
    expect(varied(({ healthCheckTimeoutMs }) => healthCheckTimeoutMs)).toBeGreaterThan(1);
    expect(varied(({ learnerTimeoutMs }) => learnerTimeoutMs)).toBeGreaterThan(1);
    expect(varied(({ bootstrapTimeoutMs }) => bootstrapTimeoutMs)).toBeGreaterThan(1);
    expect(varied(({ onExit }) => onExit)).toBe(2);
    const caps = scenarios.map(({ draft }) => draft.maxRemovalsPerHour);
    expect(caps).toContain(0);
    expect(Math.max(...caps)).toBeGreaterThan(1);
  });

  test('varies in its rate: some seeds have few faults, some many, and none is without', () => {
    const counts = scenarios.map((scenario) => scenario.faults.length);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(Math.max(...counts)).toBeGreaterThanOrEqual(3 * Math.min(...counts));
  });

  test('has a mix of its own: a seed with many faults leaves out kinds, and repeats others', () => {
    const busy = scenarios.filter((scenario) => scenario.faults.length >= 12);
    const kindsOf = busy.map((scenario) => setOf(scenario.faults.map(({ kind }) => kind)).length);
    expect(busy.length).toBeGreaterThan(20);
    expect(Math.max(...kindsOf)).toBeLessThan(faultKinds.length / 2);
    expect(busy.some((scenario, at) => (kindsOf[at] ?? 0) < scenario.faults.length)).toBe(true);
  });

  test('is in the order of time; nothing begins or lasts past the healing, or lasts no time', () => {
    for (const { faults: list } of scenarios) {
      expect(list.map(({ atMs }) => atMs)).toEqual(
        list.map(({ atMs }) => atMs).sort((a, b) => a - b),
      );
    }
    expect(Math.min(...faults.map(({ atMs }) => atMs))).toBeGreaterThanOrEqual(0);
    expect(Math.min(...faults.map(({ forMs }) => forMs))).toBeGreaterThan(0);
    expect(Math.max(...faults.map(({ atMs, forMs }) => atMs + forMs))).toBeLessThanOrEqual(
      healAtMs,
    );
  });

  test('names machines that there are, each once, at least one', () => {
    for (const { draft, faults: list } of scenarios) {
      for (const { machines } of list) {
        expect(machines.length).toBeGreaterThan(0);
        expect(new Set(machines).size).toBe(machines.length);
        expect(Math.min(...machines)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...machines)).toBeLessThan(draft.size);
      }
    }
    expect(setOf(faults.map(({ machines }) => machines.length)).length).toBeGreaterThan(2);
  });

  test('has every strength', () => {
    const tenths = setOf(faults.map(({ strength }) => Math.floor(strength * 10)));
    expect(tenths).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
