import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inParallel } from '../../../../src/snapshots/catalogue/in-parallel.ts';

const signal = new AbortController().signal;

test('the results are in order, and no more is done at once than was allowed', async () => {
  const property = fc.asyncProperty(
    fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 20 }),
    fc.integer({ min: 1, max: 6 }),
    async (turns, atMost) => {
      let [now, most] = [0, 0];
      const work = async (item: number): Promise<number> => {
        now += 1;
        most = Math.max(most, now);
        for (let turn = 0; turn < item; turn++) await setImmediate();
        now -= 1;
        return item * 2;
      };
      const doubled = turns.map((item) => item * 2);
      expect(await inParallel(turns, work, { atMost, signal })).toEqual(doubled);
      expect(most).toBeLessThanOrEqual(atMost);
    },
  );
  await fc.assert(property, { numRuns: 100 });
});

describe('the first failure', () => {
  test('is thrown when the others have ended, which it aborts', async () => {
    const ended: string[] = [];
    const work = async (item: string, either: AbortSignal): Promise<void> => {
      await setImmediate();
      if (item === 'bad') throw new Error('the first');
      await setImmediate();
      ended.push(`${item} ${either.aborted ? 'aborted' : 'not aborted'}`);
      throw new Error('the second');
    };
    const items = ['slow', 'bad', 'never begun'];
    const all = inParallel(items, work, { atMost: 2, signal });
    await expect(all).rejects.toThrow('the first');
    expect(ended).toEqual(['slow aborted']);
  });
});

describe('the signal', () => {
  test('ends it before it begins', async () => {
    const begun: number[] = [];
    const work = async (item: number) => begun.push(item);
    const all = inParallel([1, 2], work, { atMost: 1, signal: AbortSignal.abort(Error('no')) });
    await expect(all).rejects.toThrow('no');
    expect(begun).toEqual([]);
  });

  test('ends it between two items, whatever the work makes of it', async () => {
    const aborting = new AbortController();
    const begun: number[] = [];
    const work = async (item: number): Promise<void> => {
      begun.push(item);
      if (item === 2) aborting.abort(new Error('enough'));
    };
    const all = inParallel([1, 2, 3], work, { atMost: 1, signal: aborting.signal });
    await expect(all).rejects.toThrow('enough');
    expect(begun).toEqual([1, 2]);
  });

  test('is the reason, though the work fails in another way because of it', async () => {
    const aborting = new AbortController();
    const work = async (): Promise<void> => {
      aborting.abort(new Error('enough'));
      throw new Error('cut off');
    };
    const all = inParallel([1], work, { atMost: 1, signal: aborting.signal });
    await expect(all).rejects.toThrow('enough');
  });
});
