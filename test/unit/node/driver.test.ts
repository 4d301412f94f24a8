import { NEVER, Observable, Subject } from 'rxjs';
import { describe, expect, test } from 'vitest';
import type { NodeEvent } from '../../../machines/node/events.ts';
import type { Clock } from '../../../src/node/clock.ts';
import {
  Driver,
  type DriverEntry,
  type Effects,
  type Observers,
} from '../../../src/node/driver.ts';
import { identity, peer, settings } from '../../support/builders.ts';
import { prepared } from '../../support/chart-run.ts';

/** A clock that stands still until it is told to go on. */
class HandClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Map<object, { readonly atMs: number; readonly run: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  wallTime(): Date {
    return new Date(this.#nowMs);
  }

  setTimeout(run: () => void, delayMs: number): object {
    const timer = {};
    this.#timers.set(timer, { atMs: this.#nowMs + delayMs, run });
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as object);
  }

  get pending(): number {
    return this.#timers.size;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
    for (const [timer, { atMs, run }] of [...this.#timers]) {
      if (atMs > this.#nowMs) continue;
      this.#timers.delete(timer);
      run();
    }
  }
}

function pending(): Promise<never> {
  return new Promise(() => undefined);
}

/** A driver over effects that never come back, unless a test says otherwise. */
function drive(effects: Partial<Effects> = {}, observers: Partial<Observers> = {}) {
  const entries: DriverEntry[] = [];
  const clock = new HandClock();
  const idle = new Proxy({}, { get: () => pending, has: () => true }) as Effects;
  const quiet = {
    observePeers: () => NEVER,
    observeLoop: () => NEVER,
    surveyCluster: () => NEVER,
    surveySuccessor: () => NEVER,
    observeStore: () => NEVER,
    observeCertificates: () => NEVER,
    observeEtcd: () => NEVER,
    observeMembers: () => NEVER,
    watchEtcd: () => NEVER,
  };
  const driver = new Driver({
    settings: settings(),
    effects: new Proxy(effects as Effects, {
      get: (own, name: keyof Effects) => own[name] ?? idle[name],
    }),
    observers: { ...quiet, ...observers },
    clock,
    toFault: (thrown) => ({ code: 'thrown', message: String(thrown) }),
    record: (entry) => entries.push(entry),
    settled: () => undefined,
  });
  return { driver, entries, clock };
}

const ready = { prepare: () => Promise.resolve(prepared()) };
const peersSeen: NodeEvent = { type: 'gossip.changed', atMs: 0, peers: [peer('b'), peer('c')] };

/** Lets promises that are settled already run their course. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('the driver', () => {
  test('records each step before any of its effects begins', async () => {
    const order: string[] = [];
    const { driver, entries } = drive({
      prepare: () => {
        order.push(`prepare begins after ${entries.length} record`);
        return pending();
      },
    });
    driver.start();
    expect(order).toEqual(['prepare begins after 1 record']);
    expect(entries[0]?.effects).toMatchObject([{ kind: 'start', id: 'prepare' }]);
  });

  test('brings results back as events, numbered in order', async () => {
    const { driver, entries } = drive(ready);
    driver.start();
    await turn();
    expect(entries.map(({ seq, event }) => [seq, event.type])).toEqual([
      [1, 'xstate.init'],
      [2, 'xstate.done.actor.prepare'],
    ]);
    expect(driver.snapshot.context.identity).toEqual(identity());
  });

  test('brings failures back as plain data', async () => {
    const { driver, entries } = drive({ prepare: () => Promise.reject(new Error('no disk')) });
    driver.start();
    const last = await driver.ended;
    expect(last.matches('failed')).toBe(true);
    expect(entries.at(-1)?.event).toEqual({
      type: 'xstate.error.actor.prepare',
      error: { code: 'thrown', message: 'Error: no disk' },
      actorId: 'prepare',
    });
  });

  test('aborts an effect when its state is left, and drops what it says afterwards', async () => {
    let abandon: AbortSignal | undefined;
    let finish: (written: ReturnType<typeof identity>) => void = () => undefined;
    const { driver, entries } = drive({
      ...ready,
      writeIdentity: (_, signal) => {
        abandon = signal;
        return new Promise((resolve) => {
          finish = resolve;
        });
      },
    });
    driver.start();
    await turn();
    driver.send(peersSeen);
    expect(abandon?.aborted).toBe(false);
    driver.send({ type: 'operator.stop.requested' });
    expect(abandon?.aborted).toBe(true);
    const before = entries.length;
    finish(identity());
    await turn();
    expect(entries.length).toBe(before);
  });

  test('unsubscribes from an observer when its state is left', async () => {
    let subscribers = 0;
    const counted = new Observable<NodeEvent>(() => {
      subscribers += 1;
      return () => {
        subscribers -= 1;
      };
    });
    const { driver } = drive(ready, { surveyCluster: () => counted });
    driver.start();
    await turn();
    expect(subscribers).toBe(1);
    driver.send(peersSeen);
    expect(subscribers).toBe(0);
  });

  test('ends the node when an observer breaks: that is a defect of e2d', async () => {
    const broken = new Subject<NodeEvent>();
    const { driver } = drive(ready, { observePeers: () => broken });
    driver.start();
    await turn();
    broken.error(new Error('gossip broke'));
    const last = await driver.ended;
    expect(last.context.fault).toEqual({ code: 'thrown', message: 'Error: gossip broke' });
  });

  test('takes facts that arrive during a step in their turn', async () => {
    const { driver, entries } = drive(ready, {
      observePeers: () =>
        new Observable((subscriber) => {
          subscriber.next(peersSeen);
        }),
    });
    driver.start();
    await turn();
    expect(entries.map(({ event }) => event.type)).toEqual([
      'xstate.init',
      'xstate.done.actor.prepare',
      'gossip.changed',
    ]);
  });

  test('owns the timers of the chart, and ends them with it', async () => {
    const { driver, entries, clock } = drive({
      ...ready,
      leaveGossip: () => Promise.resolve(null),
      stopEtcd: () => Promise.resolve(null),
    });
    driver.start();
    await turn();
    driver.send({ type: 'gossip.changed', atMs: 0, peers: [peer('b')] });
    expect(clock.pending).toBe(1);
    clock.advance(1_800_000);
    expect(entries.at(-1)?.event.type).toContain('xstate.after.bootstrapTimeout');
    await driver.ended;
    expect(clock.pending).toBe(0);
  });
});
