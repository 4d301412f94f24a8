import { isIP, isIPv4, isIPv6 } from 'node:net';

/** An address as a person writes it: either part may be missing. The host has no brackets. */
export interface Address {
  readonly host: string | null;
  readonly port: number | null;
}

const hostName =
  /^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.?$/i;
const numericEnd = /(^|\.)\d+\.?$/;

/**
 * Reads `host`, `host:port`, `:port`, `[IPv6]`, `[IPv6]:port` or a bare IPv6 address, with or
 * without `http://` or `https://` before it. Undefined when the text is none of them.
 */
export function parseAddress(text: string): Address | undefined {
  const bare = text
    .trim()
    .replace(/^https?:\/\//i, '')
    .replace(/\/$/, '');
  if (isIPv6(bare)) return { host: bare, port: null };
  const parts = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(bare);
  if (parts === null) return undefined;
  const [, bracketed, plain = '', digits] = parts;
  const port = digits === undefined ? null : Number(digits);
  if (port !== null && (port < 1 || port > 65_535)) return undefined;
  if (bracketed !== undefined) return isIPv6(bracketed) ? { host: bracketed, port } : undefined;
  if (plain === '') return port === null ? undefined : { host: null, port };
  return isHost(plain) ? { host: plain, port } : undefined;
}

/** A host name or an IP address without brackets. */
export function isHost(text: string): boolean {
  return isIP(text) !== 0 || (hostName.test(text) && !numericEnd.test(text));
}

/** `host:port` with IPv6 in brackets. */
export function hostPort(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

export function formatUrl(scheme: 'http' | 'https', host: string, port: number): string {
  return `${scheme}://${hostPort(host, port)}`;
}

/** `0.0.0.0`, and `::` however it is written. */
export function isUnspecified(host: string): boolean {
  if (isIPv4(host)) return host === '0.0.0.0';
  return isIPv6(host) && /^[0:]+$/.test(host);
}

/** 127.0.0.0/8, `::1` however it is written, IPv4-mapped loopback, and `localhost`. */
export function isLoopback(host: string): boolean {
  if (isIPv4(host)) return host.startsWith('127.');
  if (isIPv6(host)) return /^[0:]+:0*1$/.test(host) || /^::ffff:127\./i.test(host);
  return /^localhost\.?$/i.test(host);
}

/** Addresses that work on one link only and need a zone to be of use. */
export function isLinkLocal(host: string): boolean {
  return isIPv4(host) ? host.startsWith('169.254.') : /^fe[89ab]/i.test(host);
}
