import type { ConnectionOptions } from './connection.ts';
import { createEtcdEndpoint } from './create-endpoint.ts';
import type { EtcdEndpoint } from './endpoint.ts';

/** The endpoints a node talks to, one connection each. The owner of the pool closes it. */
export interface EndpointPool {
  /** The endpoint of a client URL; opened at first need and then reused. */
  at(clientUrl: string): EtcdEndpoint;
  /** Closes every endpoint but these: what left the member list needs no connection. */
  keepOnly(clientUrls: Iterable<string>): void;
  close(): void;
}

export function createEndpointPool(
  options: ConnectionOptions = {},
  open: typeof createEtcdEndpoint = createEtcdEndpoint,
): EndpointPool {
  const endpoints = new Map<string, EtcdEndpoint>();
  const keepOnly = (clientUrls: Iterable<string>) => {
    const kept = new Set(clientUrls);
    for (const [url, endpoint] of endpoints) {
      if (kept.has(url)) continue;
      endpoints.delete(url);
      endpoint.close();
    }
  };
  return {
    at(clientUrl) {
      const known = endpoints.get(clientUrl);
      if (known !== undefined) return known;
      const opened = open(clientUrl, options);
      endpoints.set(clientUrl, opened);
      return opened;
    },
    keepOnly,
    close: () => keepOnly([]),
  };
}
