import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { textOf } from '../../errors/e2d-error.ts';

export interface Download {
  readonly url: URL;
  readonly authorization: string | null;
  /** The file to write. */
  readonly file: string;
  readonly signal: AbortSignal;
  /** How long nothing may come; 20 s unless given. */
  readonly stallTimeoutMs?: number;
  readonly onBytes: (receivedBytes: number, totalBytes: number | null) => void;
}

const answerTimeoutMs = 5_000;
const stallTimeoutDefaultMs = 20_000;
const attemptsMax = 3;
const retryDelayMs = 500;
/** No archive of etcd comes near this: a server that sends more sends something else. */
const bytesMax = 200e6;

/**
 * Downloads into a file and returns the SHA-256 of what came, in hex. A transfer that breaks off is
 * tried again; a server that does not answer, or refuses, is not.
 */
export async function download(request: Download): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await ask(request);
    try {
      return await receive(response, request);
    } catch (error) {
      request.signal.throwIfAborted();
      if (attempt === attemptsMax) throw new Error(`the download failed: ${textOf(error)}`);
      await delay(retryDelayMs * attempt * (0.5 + Math.random()), null, request);
    }
  }
}

interface Transfer {
  readonly body: Readable;
  readonly totalBytes: number | null;
  readonly abort: AbortController;
}

async function ask({ url, authorization, signal }: Download): Promise<Transfer> {
  const abort = new AbortController();
  const tooSlow = setTimeout(() => abort.abort(), answerTimeoutMs);
  const host = url.host;
  try {
    const headers = authorization === null ? {} : { authorization };
    const response = await fetch(url, { headers, signal: AbortSignal.any([signal, abort.signal]) });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new Error(`${host} answered ${response.status} for ${url.pathname}`);
    }
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    const totalBytes = Number.isSafeInteger(length) ? length : null;
    return { body: Readable.fromWeb(response.body), totalBytes, abort };
  } catch (error) {
    signal.throwIfAborted();
    if (abort.signal.aborted) {
      throw new Error(`${host} did not answer within ${answerTimeoutMs / 1000} s`);
    }
    const cause = error instanceof TypeError ? error.cause : undefined;
    throw cause === undefined ? error : new Error(`${host} cannot be reached: ${textOf(cause)}`);
  } finally {
    clearTimeout(tooSlow);
  }
}

async function receive({ body, totalBytes, abort }: Transfer, request: Download): Promise<string> {
  const hash = createHash('sha256');
  const stalled = setTimeout(
    () => abort.abort(new Error('nothing came any more')),
    request.stallTimeoutMs ?? stallTimeoutDefaultMs,
  );
  let receivedBytes = 0;
  async function* measured(chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      stalled.refresh();
      receivedBytes += chunk.length;
      if (receivedBytes > bytesMax) throw new Error(`more than ${bytesMax / 1e6} MB came`);
      hash.update(chunk);
      request.onBytes(receivedBytes, totalBytes);
      yield chunk;
    }
  }
  try {
    await pipeline(body, measured, createWriteStream(request.file), { signal: request.signal });
  } finally {
    clearTimeout(stalled);
  }
  return hash.digest('hex');
}
