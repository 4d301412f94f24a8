import type { S3Operation, S3Request } from './s3-request.ts';

/** What goes wrong with the requests it names. What is left out does not limit, or not fail. */
export interface Fault {
  readonly operation?: S3Operation;
  readonly method?: string;
  readonly key?: RegExp;
  /** So many matching requests pass unharmed first. */
  readonly skip?: number;
  /** So many are hit then; all, until the fault is taken away, when left out. */
  readonly times?: number;

  /** Before anything is done. */
  readonly delayMs?: number;
  /** Answered with instead of doing anything. */
  readonly status?: number;
  /** Of the answer, e.g. `SlowDown`; S3's own for the status when left out. */
  readonly code?: string;
  /** The connection is reset when so much of the request's body has come. */
  readonly cutUploadAfterBytes?: number;
  /** The connection is reset when so much of the answer's body has gone. */
  readonly cutDownloadAfterBytes?: number;
  /** The connection ends in good order then, though Content-Length promised more. */
  readonly endDownloadAfterBytes?: number;
  /** The object seems to be so short: Content-Length says so too. */
  readonly truncateToBytes?: number;
  /** One bit of this byte of the object is another one in the answer. */
  readonly flipByteAt?: number;
  /** Both ways. */
  readonly bytesPerSecond?: number;
  /** The work is done, and the connection reset instead of answering. */
  readonly loseAnswer?: boolean;
}

interface Armed {
  readonly fault: Fault;
  skip: number;
  times: number;
}

/** What a test can break, at any moment. */
export class S3Faults {
  readonly #armed: Armed[] = [];
  /** `If-None-Match` on writes is answered with 501, as services that do not know it do. */
  conditionalWrites = true;
  /** The most keys a page of a listing has. */
  pageSize = 1000;
  #staleListing = false;
  readonly #freezeListings: (isStale: boolean) => void;

  constructor(freezeListings: (isStale: boolean) => void) {
    this.#freezeListings = freezeListings;
  }

  /** From the moment it is set, listings show what there was then. */
  get staleListing(): boolean {
    return this.#staleListing;
  }

  set staleListing(isStale: boolean) {
    this.#staleListing = isStale;
    this.#freezeListings(isStale);
  }

  /** Gives what takes it away again. The first that matches a request is the one that hits it. */
  add(fault: Fault): () => void {
    const armed = { fault, skip: fault.skip ?? 0, times: fault.times ?? Number.POSITIVE_INFINITY };
    this.#armed.push(armed);
    return () => {
      const at = this.#armed.indexOf(armed);
      if (at >= 0) this.#armed.splice(at, 1);
    };
  }

  clear(): void {
    this.#armed.length = 0;
    this.conditionalWrites = true;
    this.pageSize = 1000;
    this.staleListing = false;
  }

  /** For the server: the fault that hits this request. */
  take(request: S3Request): Fault {
    for (const armed of this.#armed) {
      if (armed.times <= 0 || !matches(armed.fault, request)) continue;
      if (armed.skip > 0) {
        armed.skip -= 1;
        continue;
      }
      armed.times -= 1;
      return armed.fault;
    }
    return {};
  }
}

function matches(fault: Fault, request: S3Request): boolean {
  return (
    (fault.operation === undefined || fault.operation === request.operation) &&
    (fault.method === undefined || fault.method === request.method) &&
    (fault.key === undefined || fault.key.test(request.key))
  );
}

const codes: Readonly<Record<number, string>> = {
  400: 'InvalidRequest',
  403: 'AccessDenied',
  404: 'NoSuchKey',
  409: 'ConditionalRequestConflict',
  429: 'TooManyRequests',
  500: 'InternalError',
  501: 'NotImplemented',
  503: 'SlowDown',
};

export function codeOfStatus(status: number): string {
  return codes[status] ?? 'InternalError';
}
