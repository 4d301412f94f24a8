import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { LoopbackBlock } from '../loopback.ts';
import { Blobs } from './blobs.ts';
import { Buckets, newEtag, readObject } from './buckets.ts';
import { ConnectionCut } from './fault-streams.ts';
import { codeOfStatus, type Fault, S3Faults } from './faults.ts';
import { listObjects } from './listing.ts';
import { multipartHandlers } from './multipart.ts';
import { type Handler, objectHandlers } from './operations.ts';
import { answerRefusal, S3Refusal } from './s3-answer.ts';
import { readRequest, type S3Operation, type S3Request } from './s3-request.ts';
import { type S3Credentials, verifySignature } from './signature.ts';

export type { Fault, S3Credentials, S3Faults, S3Operation };

export interface S3ServerOptions {
  readonly buckets: readonly string[];
  /** Every request has to be signed with one of them. */
  readonly credentials: readonly S3Credentials[];
  /** Of the dates that objects and uploads get; signatures are always held against real time. */
  readonly now?: () => Date;
  /** One of 127.0.0.0/8; one that nobody else has when left out. */
  readonly host?: string;
}

export interface SeenRequest {
  readonly operation: S3Operation;
  readonly key: string;
  /** 0 where the connection was cut instead. */
  readonly status: number;
}

export interface ObjectAtRest {
  readonly bucket: string;
  readonly key: string;
  readonly sizeBytes: number;
}

export interface UploadAtRest {
  readonly bucket: string;
  readonly key: string;
  readonly id: string;
}

export interface S3Server {
  /** `http://127.x.y.z:port`, path style. */
  readonly url: string;
  readonly faults: S3Faults;
  /** All that was answered, in that order. */
  readonly requests: readonly SeenRequest[];
  /** From then on connections are refused; those there are break. */
  goDown(): Promise<void>;
  comeUp(): Promise<void>;
  objects(): readonly ObjectAtRest[];
  /** Multipart uploads that are neither completed nor aborted. */
  uploads(): readonly UploadAtRest[];
  /** Past all protocol, for tests that prepare or damage what is kept. */
  read(bucket: string, key: string): Promise<Buffer>;
  write(bucket: string, key: string, bytes: Uint8Array | string): Promise<void>;
  remove(bucket: string, key: string): void;
  close(): Promise<void>;
}

const PORT = 9000;

const handlers: Readonly<Record<S3Operation, Handler>> = {
  ...objectHandlers,
  ...multipartHandlers,
  ListObjectsV2: listObjects,
};

/** Refuses, and reads what is still coming: a client that writes would not see the answer. */
function refuse(res: ServerResponse, refusal: S3Refusal, incoming: IncomingMessage): void {
  incoming.resume();
  answerRefusal(res, refusal, incoming.method ?? 'GET');
}

function cut(socket: Socket, gracefully: boolean): void {
  if (gracefully) socket.end();
  else socket.resetAndDestroy();
}

/** Holds the answer back for good: the client never learns that the work was done. */
function loseAnswer(res: ServerResponse): void {
  res.writeHead = () => res;
  res.end = () => {
    res.socket?.resetAndDestroy();
    return res;
  };
}

async function applyEarly(fault: Fault, res: ServerResponse): Promise<void> {
  if (fault.delayMs !== undefined) {
    const gone = new AbortController();
    res.once('close', () => gone.abort());
    await pause(fault.delayMs, undefined, { signal: gone.signal });
  }
  if (fault.status !== undefined) {
    throw new S3Refusal(fault.status, fault.code ?? codeOfStatus(fault.status));
  }
  if (fault.loseAnswer === true) loseAnswer(res);
}

class RunningServer implements S3Server {
  readonly url: string;
  readonly faults: S3Faults;
  readonly requests: SeenRequest[] = [];
  readonly #buckets = new Buckets();
  readonly #blobs: Blobs;
  readonly #now: () => Date;
  readonly #credentials: readonly S3Credentials[];
  readonly #folder: string;
  readonly #host: string;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((incoming, res) => void this.#answer(incoming, res));

  constructor(options: S3ServerOptions, host: string, folder: string) {
    this.#host = host;
    this.#folder = folder;
    this.#blobs = new Blobs(folder);
    this.#credentials = options.credentials;
    this.#now = options.now ?? (() => new Date());
    this.url = `http://${host}:${PORT}`;
    this.faults = new S3Faults((isStale) => {
      for (const name of this.#buckets.names()) this.#buckets.get(name).freezeListing(isStale);
    });
    for (const name of options.buckets) this.#buckets.create(name);
    this.#server.keepAliveTimeout = 60_000;
    this.#server.requestTimeout = 0;
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  async comeUp(): Promise<void> {
    this.#server.listen(PORT, this.#host);
    await once(this.#server, 'listening');
  }

  async goDown(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  async close(): Promise<void> {
    await this.goDown();
    await rm(this.#folder, { recursive: true, force: true });
  }

  objects(): readonly ObjectAtRest[] {
    return this.#buckets.names().flatMap((bucket) =>
      this.#buckets
        .get(bucket)
        .listed('')
        .map(({ key, sizeBytes }) => ({ bucket, key, sizeBytes })),
    );
  }

  uploads(): readonly UploadAtRest[] {
    return this.#buckets
      .names()
      .flatMap((bucket) =>
        [...this.#buckets.get(bucket).uploads.values()].map(({ key, id }) => ({ bucket, key, id })),
      );
  }

  async read(bucket: string, key: string): Promise<Buffer> {
    const object = this.#buckets.get(bucket).object(key);
    const pieces: Buffer[] = [];
    for await (const piece of readObject(object, 0, object.sizeBytes)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async write(bucket: string, key: string, bytes: Uint8Array | string): Promise<void> {
    async function* body() {
      yield Buffer.from(bytes);
    }
    const blob = await this.#blobs.write(body());
    const made = { etag: newEtag(), modifiedAt: this.#now(), headers: {}, blobs: [blob] };
    this.#buckets.get(bucket).put({ key, sizeBytes: blob.sizeBytes, ...made }, false);
  }

  remove(bucket: string, key: string): void {
    this.#buckets.get(bucket).remove(key);
  }

  async #answer(incoming: IncomingMessage, res: ServerResponse): Promise<void> {
    let request: S3Request | null = null;
    const { socket } = incoming;
    try {
      request = readRequest(incoming);
      await this.#perform(request, res);
    } catch (error) {
      if (error instanceof S3Refusal) refuse(res, error, incoming);
      else cut(socket, error instanceof ConnectionCut && error.gracefully);
    }
    if (request === null) return;
    const { operation, key } = request;
    this.requests.push({ operation, key, status: res.writableEnded ? res.statusCode : 0 });
  }

  async #perform(request: S3Request, res: ServerResponse): Promise<void> {
    const fault = this.faults.take(request);
    await applyEarly(fault, res);
    verifySignature(request, this.#credentials);
    await handlers[request.operation]({
      request,
      res,
      fault,
      faults: this.faults,
      buckets: this.#buckets,
      blobs: this.#blobs,
      now: this.#now,
    });
  }
}

/** A server of the S3 protocol on loopback: real signatures, real checksums, and faults at will. */
export async function startS3Server(options: S3ServerOptions): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), 'e2d-s3-'));
  const server = new RunningServer(options, options.host ?? new LoopbackBlock().next(), folder);
  await server.comeUp();
  return server;
}
