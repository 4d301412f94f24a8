import { describe, expect, test } from 'vitest';
import { retrying, untilAborted } from '../../../../src/snapshots/store/retry.ts';

const never = new AbortController().signal;
const quick = { signal: never, mayPass: () => true, minMs: 1, maxMs: 3 };

/** Fails so many times, then gives how often it was called. */
function failing(times: number) {
  let calls = 0;
  return async () => {
    calls++;
    if (calls <= times) throw new Error(`failure ${calls}`);
    return calls;
  };
}

describe('work that may fail for a while', () => {
  test('is done again until it succeeds', async () => {
    expect(await retrying(failing(0), quick)).toBe(1);
    expect(await retrying(failing(3), quick)).toBe(4);
  });

  test('is given up after so many attempts, with the last failure', async () => {
    expect(await retrying(failing(4), { ...quick, attempts: 5 })).toBe(5);
    await expect(retrying(failing(5), { ...quick, attempts: 5 })).rejects.toThrow('failure 5');
  });

  test('is not done again when the failure will not pass', async () => {
    const mayPass = (error: unknown) => error instanceof Error && error.message !== 'failure 2';
    await expect(retrying(failing(9), { ...quick, mayPass })).rejects.toThrow('failure 2');
  });

  test('ends with the reason of an abort, in the middle of a long delay', async () => {
    const control = new AbortController();
    const reason = new Error('shut down');
    const hour = 3_600_000;
    const mayPass = () => {
      setImmediate(() => control.abort(reason));
      return true;
    };
    const bounds = { signal: control.signal, mayPass, minMs: hour, maxMs: hour };
    await expect(retrying(failing(9), bounds)).rejects.toBe(reason);
    await expect(retrying(failing(0), bounds)).rejects.toBe(reason);
  });

  test('tells of the abort rather than of the failure that it caused', async () => {
    const control = new AbortController();
    const reason = new Error('shut down');
    const work = async () => {
      control.abort(reason);
      throw new Error('socket closed');
    };
    await expect(retrying(work, { ...quick, signal: control.signal })).rejects.toBe(reason);
  });
});

describe('waiting until an abort', () => {
  test('gives what the work gives', async () => {
    expect(await untilAborted(Promise.resolve(7), never)).toBe(7);
    await expect(untilAborted(Promise.reject(new Error('no')), never)).rejects.toThrow('no');
  });

  test('does not wait for work that hangs', async () => {
    const control = new AbortController();
    const reason = new Error('shut down');
    const waiting = untilAborted(new Promise(() => undefined), control.signal);
    control.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(untilAborted(Promise.resolve(7), control.signal)).rejects.toBe(reason);
  });
});
