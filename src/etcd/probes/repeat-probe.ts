import { setMaxListeners } from 'node:events';
import {
  defer,
  distinctUntilChanged,
  exhaustMap,
  finalize,
  merge,
  NEVER,
  Observable,
  type OperatorFunction,
  type SchedulerLike,
  Subject,
  switchMap,
  throttle,
  timer,
} from 'rxjs';

export interface Cadence {
  /** The time between the starts of two probes; a change takes effect with a probe at once. */
  readonly everyMs$: Observable<number>;
  /**
   * Asks for a probe now. Asked during a probe, another follows it, for that one began too early.
   */
  readonly now$?: Observable<unknown>;
  readonly scheduler: SchedulerLike;
}

/**
 * Probes at once, then at a cadence and on demand; one probe at a time. Ends the probe under way
 * when it is unsubscribed.
 */
export function repeatProbe$<T>(
  { everyMs$, now$ = NEVER, scheduler }: Cadence,
  probe: () => Observable<T>,
): Observable<T> {
  const ticks$ = everyMs$.pipe(
    distinctUntilChanged(),
    switchMap((everyMs) => timer(0, everyMs, scheduler)),
  );
  return merge(ticks$, now$).pipe(exhaustMapThenLatest(probe));
}

/** Like exhaustMap, except that a value that came during the work starts it once more after it. */
function exhaustMapThenLatest<V, T>(project: () => Observable<T>): OperatorFunction<V, T> {
  return (source$) =>
    defer(() => {
      const idle$ = new Subject<void>();
      const work = () => project().pipe(finalize(() => idle$.next()));
      return source$.pipe(
        throttle(() => idle$, { leading: true, trailing: true }),
        exhaustMap(work),
      );
    });
}

/** A probe as an observable: its signal is aborted when it is unsubscribed. */
export function abortable$<T>(probe: (signal: AbortSignal) => Promise<T>): Observable<T> {
  return new Observable((subscriber) => {
    const abort = new AbortController();
    // Every member is asked at the same time, and each call listens: no leak, however many.
    setMaxListeners(0, abort.signal);
    let isOver = false;
    probe(abort.signal).then(
      (value) => {
        isOver = true;
        subscriber.next(value);
        subscriber.complete();
      },
      (problem) => subscriber.error(problem),
    );
    return () => {
      if (!isOver) abort.abort();
    };
  });
}
