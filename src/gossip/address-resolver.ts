import { lookup } from 'node:dns/promises';
import { canonicalIp, parseHostPort, type SocketAddress } from './address.ts';
import type { Problems } from './problems.ts';

/** All addresses of a host name, as IP texts. Rejects or gives none when there are none now. */
export type ResolveHost = (host: string) => Promise<readonly string[]>;

export const systemResolveHost: ResolveHost = async (host) => {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
};

/** Turns addresses as people write them into ones to dial, anew each time: names move. */
export class AddressResolver {
  readonly #resolveHost: ResolveHost;
  readonly #defaultPort: number;
  readonly #problems: Problems;

  constructor(options: {
    readonly resolveHost: ResolveHost;
    readonly defaultPort: number;
    readonly problems: Problems;
  }) {
    this.#resolveHost = options.resolveHost;
    this.#defaultPort = options.defaultPort;
    this.#problems = options.problems;
  }

  /** Empty, and the reason reported, when there is nothing to dial now. Never rejects. */
  async resolve(text: string): Promise<SocketAddress[]> {
    const target = parseHostPort(text, this.#defaultPort);
    if (target === undefined) {
      return this.#unresolved(text, 'it is not host:port');
    }
    const literal = canonicalIp(target.host);
    if (literal !== undefined) return [{ addr: literal, port: target.port }];
    try {
      const found = await this.#resolveHost(target.host);
      if (found.length === 0) return this.#unresolved(text, 'the name has no address');
      this.#problems.clear('unresolvedAddress', text);
      const unique = new Set(found.map((addr) => canonicalIp(addr) ?? addr));
      return [...unique].map((addr) => ({ addr, port: target.port }));
    } catch (error) {
      return this.#unresolved(text, error instanceof Error ? error.message : String(error));
    }
  }

  #unresolved(text: string, reason: string): SocketAddress[] {
    this.#problems.report(
      'unresolvedAddress',
      text,
      `gossip address ${text} cannot be used now: ${reason}`,
    );
    return [];
  }
}
