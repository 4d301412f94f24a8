import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Where a node's three services listen. */
export interface Listeners {
  readonly host: string;
  readonly clientPort: number;
  readonly peerPort: number;
  readonly gossipPort: number;
}

/**
 * `size` loopback addresses that all but surely nobody else uses, each with ports that the system
 * has just found free.
 */
export async function loopbackListeners(size: number): Promise<Listeners[]> {
  const block = `127.${randomInt(1, 255)}.${randomInt(0, 255)}`;
  return Promise.all(
    Array.from({ length: size }, async (_, index) => {
      const host = `${block}.${index + 1}`;
      const [clientPort = 0, peerPort = 0, gossipPort = 0] = await freePorts(host, 3);
      return { host, clientPort, peerPort, gossipPort };
    }),
  );
}

async function freePorts(host: string, count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  try {
    return await Promise.all(
      servers.map(
        (server) =>
          new Promise<number>((found, failed) => {
            server.on('error', failed);
            server.listen(0, host, () => {
              const address = server.address();
              found(address === null || typeof address === 'string' ? 0 : address.port);
            });
          }),
      ),
    );
  } finally {
    for (const server of servers) server.close();
  }
}
