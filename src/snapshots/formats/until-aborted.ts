/** `chunks`, until `signal` aborts: it then throws the signal's reason, even if no chunk comes. */
export async function* untilAborted(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const source = chunks[Symbol.asyncIterator]();
  let stuck = false;
  try {
    for (;;) {
      const result = await orAborted(source.next(), signal);
      if (result.done === true) return;
      yield result.value;
    }
  } catch (error) {
    stuck = signal.aborted;
    throw error;
  } finally {
    const closed = source.return?.();
    // A source that gives nothing may never close either: it has been asked to, and is left.
    if (stuck) closed?.catch(() => undefined);
    else await closed;
  }
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    const forget = () => signal.removeEventListener('abort', abort);
    work.then(resolve, reject).finally(forget);
  });
}
