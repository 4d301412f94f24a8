import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { BlockQueue } from './block-queue.ts';
import type { EndpointTls } from './connection.ts';
import type { SnapshotStream } from './endpoint.ts';
import { EtcdFault, faultAt, toEtcdFault } from './etcd-fault.ts';
import { dialHttp2, grpcRequest } from './grpc-over-http2.ts';
import { faultOfGrpcStatus } from './grpc-status.ts';
import { SnapshotDecoder } from './snapshot-decoder.ts';

export interface SnapshotCall {
  readonly tls?: EndpointTls | undefined;
  readonly signal: AbortSignal;
  /** How long etcd may be silent while bytes of it are waited for. */
  readonly silenceMs?: number;
}

const defaultSilenceMs = 30_000;
/** etcd sends a SHA-256 of the database behind it, and does not count it among what remains. */
const trailerBytes = 32;

/**
 * Calls `Maintenance.Snapshot` over a connection of its own. This is not the client of the other
 * calls because that one takes nearly three times as long for a large database. The connection
 * ends with the chunks, whichever way they end, and with the signal.
 */
export async function openSnapshot(url: string, call: SnapshotCall): Promise<SnapshotStream> {
  if (call.signal.aborted) throw abortedAt(url);
  const reader = new SnapshotReader(url, call);
  try {
    const totalBytes = await reader.totalBytes;
    return { totalBytes, chunks: reader.chunks() };
  } catch (problem) {
    reader.close();
    throw problem;
  }
}

class SnapshotReader {
  readonly totalBytes: Promise<number>;
  readonly #url: string;
  readonly #signal: AbortSignal;
  readonly #session: ClientHttp2Session;
  readonly #request: ClientHttp2Stream;
  readonly #queue: BlockQueue;
  readonly #decoder: SnapshotDecoder;
  readonly #silenceMs: number;
  /** Runs while bytes are waited for, and not while the taker has enough to do. */
  #silence: NodeJS.Timeout | null = null;
  #receivedBytes = 0;
  #outcome: EtcdFault | null | undefined;
  #settleTotal: { resolve(total: number): void; reject(problem: Error): void } | null = null;

  constructor(url: string, { tls, signal, silenceMs = defaultSilenceMs }: SnapshotCall) {
    this.#url = url;
    this.#signal = signal;
    this.#silenceMs = silenceMs;
    this.totalBytes = new Promise((resolve, reject) => {
      this.#settleTotal = { resolve, reject };
    });
    this.#queue = new BlockQueue({
      onFull: () => this.#pause(),
      onRoom: () => this.#resume(),
    });
    this.#decoder = new SnapshotDecoder((chunk, start, end) => {
      this.#receivedBytes += end - start;
      this.#queue.put(chunk, start, end);
    });
    this.#session = dialHttp2(url, tls);
    this.#session.on('error', (problem) => this.#lost(problem));
    this.#request = grpcRequest(this.#session, 'Maintenance/Snapshot');
    this.#listen(this.#request);
    this.#expectBytes();
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (let block = await this.#queue.take(); block !== null; block = await this.#queue.take()) {
        yield block;
      }
    } finally {
      this.close();
    }
  }

  close(): void {
    this.#end(abortedAt(this.#url));
  }

  #listen(request: ClientHttp2Stream): void {
    request.on('response', (headers) => {
      const status = headers[':status'];
      this.#outcome = faultOfGrpcStatus(headers);
      if (status !== 200) this.#end(this.#unavailable(`it answered with status ${status}`));
    });
    request.on('trailers', (headers) => {
      this.#outcome = faultOfGrpcStatus(headers);
    });
    request.on('data', (chunk: Buffer) => this.#take(chunk));
    request.on('end', () => this.#complete());
    request.on('error', (problem) => this.#lost(problem));
    request.on('close', () => this.#end(this.#unavailable('the connection ended')));
  }

  #take(chunk: Buffer): void {
    this.#silence?.refresh();
    try {
      this.#decoder.push(chunk);
    } catch (problem) {
      this.#end(toEtcdFault(problem));
      return;
    }
    const { databaseBytes } = this.#decoder;
    if (this.#settleTotal === null || databaseBytes === null) return;
    this.#settleTotal.resolve(databaseBytes + trailerBytes);
    this.#settleTotal = null;
  }

  #complete(): void {
    const total = (this.#decoder.databaseBytes ?? 0) + trailerBytes;
    if (this.#outcome) this.#end(faultAt(this.#url, this.#outcome));
    else if (this.#outcome === undefined) this.#end(this.#unavailable('the connection ended'));
    else if (this.#receivedBytes !== total || !this.#decoder.betweenMessages) {
      const sentence = `${this.#receivedBytes} bytes of a snapshot came instead of ${total}`;
      this.#end(new EtcdFault('unexpected-answer', `${this.#url}: ${sentence}.`));
    } else this.#end(null);
  }

  #expectBytes(): void {
    const sentence = `nothing came of the snapshot for ${this.#silenceMs} ms`;
    const silent = () => this.#end(new EtcdFault('deadline', `${this.#url}: ${sentence}.`));
    this.#silence = setTimeout(silent, this.#silenceMs);
  }

  #expectNothing(): void {
    if (this.#silence !== null) clearTimeout(this.#silence);
    this.#silence = null;
  }

  #lost(problem: Error): void {
    this.#end(this.#unavailable(problem.message, problem));
  }

  /** The first end counts. */
  #end(problem: EtcdFault | null): void {
    this.#queue.end(problem);
    if (problem !== null) this.#settleTotal?.reject(problem);
    this.#settleTotal = null;
    this.#expectNothing();
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#session.destroy();
  }

  readonly #onAbort = () => this.#end(abortedAt(this.#url));

  #pause(): void {
    this.#expectNothing();
    this.#request.pause();
  }

  #resume(): void {
    this.#expectBytes();
    this.#request.resume();
  }

  #unavailable(reason: string, cause?: unknown): EtcdFault {
    return new EtcdFault('unavailable', `${this.#url}: ${reason}.`, cause);
  }
}

function abortedAt(url: string): EtcdFault {
  return new EtcdFault('aborted', `The call to ${url} was ended by its caller.`);
}
