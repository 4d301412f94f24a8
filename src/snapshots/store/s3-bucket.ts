import type { S3 } from '@aws-sdk/client-s3';
import { untilAborted } from './retry.ts';
import { limitAnswers } from './s3-answers.ts';
import { credentialsOf } from './s3-credentials.ts';
import { s3Error } from './s3-errors.ts';
import { regionOf } from './s3-region.ts';
import type { S3Settings } from './store-settings.ts';
import type { S3Location } from './store-url.ts';

const CONNECT_TIMEOUT_MS = 5_000;
/** Of a connection on which nothing moves. */
const IDLE_TIMEOUT_MS = 30_000;
const ATTEMPTS = 5;

export interface CallOptions {
  readonly abortSignal: AbortSignal;
}

/** A bucket, and the manner in which all its requests are made. */
export class S3Bucket {
  readonly s3: S3;
  readonly name: string;
  readonly place: string;

  constructor(s3: S3, location: S3Location) {
    this.s3 = s3;
    this.name = location.bucket;
    this.place = location.place;
  }

  /** Ends at once with the reason of `signal`: the SDK itself would first wait out its back-off. */
  send<T>(request: (options: CallOptions) => Promise<T>, signal: AbortSignal): Promise<T> {
    return untilAborted(request({ abortSignal: signal }), signal);
  }

  /** Rejects with an `E2dError`, or with the reason of `signal`. `doing`: the end of "cannot". */
  async call<T>(
    doing: string,
    request: (options: CallOptions) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    try {
      return await this.send(request, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw s3Error(error, { place: this.place, doing });
    }
  }
}

/** It tells of its own plans for Node, on standard error: that is for e2d's builders. */
const QUIET = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';

/** Loads the SDK. The standard mode retries what may pass, with back-off and jitter. */
export async function openBucket(location: S3Location, settings: S3Settings): Promise<S3Bucket> {
  process.env[QUIET] ??= 'true';
  const { S3 } = await import('@aws-sdk/client-s3');
  const region = await regionOf(location, settings);
  const credentials = await credentialsOf(location, settings, region);
  const endpoint = settings.endpoint ?? location.endpoint;
  const s3 = new S3({
    region,
    ...(credentials === null ? {} : { credentials }),
    ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
    followRegionRedirects: endpoint === null,
    retryMode: 'standard',
    maxAttempts: ATTEMPTS,
    // AWS checks a CRC32 end to end. Other services may not know its headers, and lose nothing
    // without: the signature covers the SHA-256 of every body.
    requestChecksumCalculation: endpoint === null ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED',
    // Readers compare size and SHA-256 with the record; a range has no checksum anyway.
    responseChecksumValidation: 'WHEN_REQUIRED',
    // It would open a connection of its own for every part.
    expectContinueHeader: false,
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, socketTimeout: IDLE_TIMEOUT_MS },
  });
  limitAnswers(s3);
  return new S3Bucket(s3, location);
}
