import { afterEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../../src/node/clock.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('a wall clock that is set does not move the time that counts (S21)', () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-01-01T00:00:00Z') });
  const before = systemClock.nowMs();
  vi.setSystemTime(new Date('2027-01-01T00:00:00Z'));
  expect(systemClock.wallTime().getUTCFullYear()).toBe(2027);
  expect(systemClock.nowMs() - before).toBeLessThan(60_000);
  vi.setSystemTime(new Date('2020-01-01T00:00:00Z'));
  expect(systemClock.nowMs()).toBeGreaterThanOrEqual(before);
});
