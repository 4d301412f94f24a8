import { isIPv4, isIPv6 } from 'node:net';

/** An IP address as text (never a host name) and a port. */
export interface SocketAddress {
  readonly addr: string;
  readonly port: number;
}

const MAPPED_PREFIX = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255);

/** The 4 or 16 bytes of an IP address in text form; undefined when it is not one. */
export function ipToBytes(text: string): Uint8Array | undefined {
  if (isIPv4(text)) return Uint8Array.from(text.split('.'), Number);
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const [head = '', tail] = text.split('::');
  const headBytes = groupsToBytes(head);
  if (tail === undefined) return Uint8Array.from(headBytes);
  const tailBytes = groupsToBytes(tail);
  const gap = 16 - headBytes.length - tailBytes.length;
  return Uint8Array.from([...headBytes, ...new Array<number>(gap).fill(0), ...tailBytes]);
}

function groupsToBytes(groups: string): number[] {
  if (groups === '') return [];
  return groups.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}

/**
 * The address in text, to dial or to show; undefined for anything but 4 or 16 bytes. An IPv4
 * address in its IPv6 form comes out as IPv4: nodes that bind 0.0.0.0 announce that form.
 */
export function bytesToIp(bytes: Uint8Array): string | undefined {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return undefined;
  if (MAPPED_PREFIX.every((byte, index) => bytes[index] === byte)) {
    return bytes.subarray(12).join('.');
  }
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  );
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** The one text form of an IP address, so that texts can be compared. */
export function canonicalIp(text: string): string | undefined {
  // It has only one form. Every packet comes by here.
  if (isIPv4(text)) return text;
  const bytes = ipToBytes(text);
  return bytes && bytesToIp(bytes);
}

export function formatAddress({ addr, port }: SocketAddress): string {
  return addr.includes(':') ? `[${addr}]:${port}` : `${addr}:${port}`;
}

export function isUnspecified(addr: string): boolean {
  return addr === '0.0.0.0' || canonicalIp(addr) === '::';
}

/** A host (name or IP address) and a port, as people write them. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `host:port`, `[v6]:port`, a bare host or IPv6 address (then with `defaultPort`), each with
 * an optional `name/` before it, as memberlist allows. Undefined when it is none of these.
 */
export function parseHostPort(text: string, defaultPort: number): HostPort | undefined {
  const target = text.slice(text.lastIndexOf('/') + 1);
  if (isIPv6(target)) return { host: target, port: defaultPort };
  const match = /^(?:\[([^\]]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(target);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (host === undefined || port < 1 || port > 65_535) return undefined;
  if (match?.[1] !== undefined && !isIPv6(host)) return undefined;
  return { host, port };
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
