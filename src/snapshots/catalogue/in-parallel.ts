/**
 * Does `work` for every item, so many at a time; the results are in the items' order. The first
 * failure aborts the rest, and is thrown when the last of them has ended.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
  { atMost, signal }: { readonly atMost: number; readonly signal: AbortSignal },
): Promise<Result[]> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const results: Result[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      either.throwIfAborted();
      try {
        results[index] = await work(item, either);
      } catch (error) {
        failed.abort(error);
        throw error;
      }
    }
  };
  const workers = Array.from({ length: Math.min(atMost, items.length) }, worker);
  await Promise.allSettled(workers);
  signal.throwIfAborted();
  failed.signal.throwIfAborted();
  return results;
}
