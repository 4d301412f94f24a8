import { of } from 'rxjs';
import { type RunHelpers, TestScheduler } from 'rxjs/testing';
import { describe, expect, test } from 'vitest';
import { abortable$, repeatProbe$ } from '../../../../src/etcd/probes/repeat-probe.ts';

function marbles(check: (helpers: RunHelpers, scheduler: TestScheduler) => void) {
  const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
  scheduler.run((helpers) => check(helpers, scheduler));
}

describe('repeating a probe', () => {
  test('probes at once and then at the cadence', () => {
    marbles(({ cold, expectObservable }, scheduler) => {
      const probe = cold('-a|');
      const probes$ = repeatProbe$({ everyMs$: of(5), scheduler }, () => probe);
      expectObservable(probes$, '------------!').toBe('-a----a----a');
      //                                                0123456789012
    });
  });

  test('a probe that outlasts the cadence is not overlapped, and the next one follows it', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }, scheduler) => {
      const probe = cold('-------a|');
      const probes$ = repeatProbe$({ everyMs$: of(5), scheduler }, () => probe);
      expectObservable(probes$, '^----------------!').toBe('-------a-------a-');
      expectSubscriptions(probe.subscriptions).toBe([
        '^-------!',
        '--------^-------!',
        '----------------^!',
      ]);
    });
  });

  test('a new cadence takes effect at once, and the same cadence again changes nothing', () => {
    marbles(({ cold, hot, expectObservable }, scheduler) => {
      const everyMs$ = hot('s------f-f----', { s: 20, f: 3 });
      const probes$ = repeatProbe$({ everyMs$, scheduler }, () => cold('(a|)'));
      expectObservable(probes$, '--------------!').toBe('a------a--a--a');
    });
  });

  test('probes on demand between two ticks', () => {
    marbles(({ cold, hot, expectObservable }, scheduler) => {
      const now$ = hot('---n----');
      const probes$ = repeatProbe$({ everyMs$: of(6), now$, scheduler }, () => cold('-a|'));
      expectObservable(probes$, '--------!').toBe('-a--a--a');
    });
  });

  test('asked during a probe, probes once more after it, for that one began too early', () => {
    marbles(({ cold, hot, expectObservable }, scheduler) => {
      const now$ = hot('-nn---------');
      const probes$ = repeatProbe$({ everyMs$: of(20), now$, scheduler }, () => cold('---a|'));
      expectObservable(probes$, '-----------!').toBe('---a---a---');
    });
  });

  test('unsubscribing ends the probe under way and every timer', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }, scheduler) => {
      const probe = cold('-----a|');
      const probes$ = repeatProbe$({ everyMs$: of(3), scheduler }, () => probe);
      expectObservable(probes$, '^--!').toBe('---');
      expectSubscriptions(probe.subscriptions).toBe('^--!');
    });
  });
});

describe('an abortable probe', () => {
  test('has a signal that any number of calls may listen to', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    abortable$(async (signal) => {
      for (let call = 0; call < 20; call += 1) signal.addEventListener('abort', () => undefined);
    }).subscribe();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });

  test('gives its value and completes', async () => {
    const values: number[] = [];
    const probe$ = abortable$(async () => 7);
    await new Promise<void>((complete) =>
      probe$.subscribe({ next: (value) => values.push(value), complete }),
    );
    expect(values).toEqual([7]);
  });

  test('is aborted when it is unsubscribed, and says no more', async () => {
    const values: unknown[] = [];
    let aborted: AbortSignal | undefined;
    let answer: (value: string) => void = () => {};
    const probe$ = abortable$((signal) => {
      aborted = signal;
      return new Promise<string>((resolve) => {
        answer = resolve;
      });
    });
    const subscription = probe$.subscribe((value) => values.push(value));
    expect(aborted?.aborted).toBe(false);
    subscription.unsubscribe();
    expect(aborted?.aborted).toBe(true);
    answer('late');
    await Promise.resolve();
    expect(values).toEqual([]);
  });
});
