import type { Member } from '../../../machines/facts.ts';
import type { NodeConfig } from '../../config/node-config.ts';

/**
 * How far a member is on its way from plain HTTP to TLS. The member list itself says it:
 * - `plain`: others reach it in plain only, and nobody knows whether it could reach them over TLS
 * - `prepared`: it can talk TLS to others, who will find it by either scheme; it listens in plain
 * - `switched`: the same, but it listens to members over TLS
 * - `done`: others reach it over TLS only
 */
export type Standing = 'plain' | 'prepared' | 'switched' | 'done';

/** A member listens as it tells its clients to come: both URLs are of one start of its etcd. */
export function standingOf({ peerUrls, clientUrls }: Member): Standing {
  if (!peerUrls.some(isSecure)) return 'plain';
  if (peerUrls.every(isSecure)) return 'done';
  return clientUrls.some(isSecure) ? 'switched' : 'prepared';
}

/** Where the others are to look for our member at the step that this node is configured for. */
export function peerUrlsAt({ tls, urls }: Pick<NodeConfig, 'tls' | 'urls'>): readonly string[] {
  const own = urls.peerAdvertise;
  if (tls === null || tls.migration === null) return [own];
  return [own.replace(/^https?:/, 'http:'), own.replace(/^https?:/, 'https:')];
}

export function isSecure(url: string): boolean {
  return url.startsWith('https:');
}

/** The same host and port: only the scheme may be another one. */
export function isSameAddress(a: string, b: string): boolean {
  return a.replace(/^https?:/, '') === b.replace(/^https?:/, '');
}
