import { VirtualTimeScheduler } from 'rxjs';
import { describe, expect, test } from 'vitest';
import type { NodeEvent } from '../../../machines/node/events.ts';
import { createObservers } from '../../../src/node/observers.ts';
import type { NodeResources } from '../../../src/node/resources.ts';

/** Watches a loop for ten seconds, in which it stands still after the fifth for this long. */
function observeStandstill(standstillMs: number) {
  const scheduler = new VirtualTimeScheduler(undefined, 10_000);
  const lateMs = () => (scheduler.frame > 5_000 ? standstillMs : 0);
  const delays: number[] = [];
  const events: NodeEvent[] = [];
  const resources: Pick<NodeResources, 'clock' | 'scheduler' | 'gossip'> = {
    scheduler,
    clock: {
      nowMs: () => scheduler.frame + lateMs(),
      wallTime: () => new Date(0),
      setTimeout: () => null,
      clearTimeout: () => undefined,
    },
    gossip: { setLocalDelay: (delayMs: number) => delays.push(delayMs) } as never,
  };
  const watching = createObservers(resources as NodeResources)
    .observeLoop(null)
    .subscribe((event) => events.push(event));
  scheduler.flush();
  watching.unsubscribe();
  return { events, delays };
}

describe('the event loop (S17)', () => {
  test('a loop that stood still is told, with how long', () => {
    expect(observeStandstill(4_000).events).toEqual([
      { type: 'loop.delayed', atMs: 10_000, delayMs: 4_000 },
    ]);
  });

  test('a loop that is a little late is only busy', () => {
    expect(observeStandstill(1_000).events).toEqual([]);
  });

  test('gossip hears of every delay, and of its end', () => {
    const { delays } = observeStandstill(600);
    expect(delays).toHaveLength(10);
    expect(delays.filter((delayMs) => delayMs > 0)).toEqual([600]);
    expect(delays.at(-1)).toBe(0);
  });
});
