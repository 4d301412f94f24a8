import { Readable } from 'node:stream';
import type { S3 } from '@aws-sdk/client-s3';

/** A page of a listing has a thousand keys of at most 1 KiB, and what stands around them. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Ends answers that are far longer than any that a service gives: the SDK gathers them whole. The
 * bytes of an object are none of these, for whoever reads them has a bound of his own.
 */
export function limitAnswers(s3: S3): void {
  s3.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const output = await next(args);
        const { response } = output;
        const isObject = commandName === 'GetObjectCommand';
        if (!isObject && hasBody(response)) response.body = limited(response.body);
        return output;
      },
    { step: 'deserialize', priority: 'low', name: 'limitAnswers' },
  );
}

function hasBody(response: unknown): response is { body: Readable } {
  return (
    typeof response === 'object' &&
    response !== null &&
    'body' in response &&
    response.body instanceof Readable
  );
}

function limited(body: Readable): Readable {
  return Readable.from(upTo(body, MOST_BYTES), { objectMode: false });
}

async function* upTo(body: Readable, mostBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new Error(`the answer has more than ${mostBytes} bytes`);
    yield chunk;
  }
}
