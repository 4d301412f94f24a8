import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface ReleaseServer extends AsyncDisposable {
  /** Ends with a slash. */
  readonly url: string;
  readonly requests: IncomingMessage[];
}

/**
 * An HTTP server on loopback that answers the nth request with the nth answer, the last for ever.
 */
export async function serve(
  ...answers: ((response: ServerResponse) => void)[]
): Promise<ReleaseServer> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)];
    requests.push(request);
    answer?.(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  const dispose = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return {
    url: `http://127.0.0.1:${address.port}/`,
    requests,
    [Symbol.asyncDispose]: dispose,
  };
}

export const answers = {
  whole: (bytes: Buffer) => (response: ServerResponse) =>
    void response.writeHead(200, { 'content-length': bytes.length }).end(bytes),

  /** Promises everything, sends half, and hangs up. */
  half: (bytes: Buffer) => (response: ServerResponse) => {
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
  },

  /** Sends half and then nothing more, without hanging up. */
  stuck: (bytes: Buffer) => (response: ServerResponse) => {
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, bytes.length / 2));
  },

  status: (code: number) => (response: ServerResponse) => void response.writeHead(code).end(),

  silence: () => undefined,
};
