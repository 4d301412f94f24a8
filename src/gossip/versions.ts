/** The versions an application speaks on top of memberlist. */
export interface DelegateVersions {
  readonly min: number;
  readonly max: number;
  readonly current: number;
}

/** Length of the version field of a node: three of the protocol, three of the application. */
const VSN_BYTES = 6;

/** memberlist protocol versions of current nodes: understood from 1 to 5, spoken 2. */
const PROTOCOL = [1, 5, 2] as const;

/** From this protocol version on a node answers an indirect ping with a nack. */
export const NACK_SINCE = 4;
/** From this protocol version on a node answers a ping over TCP. */
export const TCP_PING_SINCE = 3;

export function ownVersions(delegate: DelegateVersions): Uint8Array {
  return Uint8Array.of(...PROTOCOL, delegate.min, delegate.max, delegate.current);
}

/** The highest protocol version a node says it understands. */
export function protocolMax(vsn: Uint8Array): number {
  return vsn[1] ?? 0;
}

/** False for fields that no healthy node sends and that would crash or poison older peers. */
export function hasSaneVersions(vsn: Uint8Array): boolean {
  const [pMin = 0, pMax = 0] = vsn;
  return vsn.length === VSN_BYTES && pMin > 0 && pMax > 0 && pMin <= pMax;
}

/** A node in the eyes of the version check. */
export interface VersionedNode {
  readonly name: string;
  readonly alive: boolean;
  readonly vsn: Uint8Array;
}

interface Range {
  min: number;
  max: number;
}

/**
 * Why these nodes cannot form one pool, as a sentence, or undefined when they can: every node,
 * dead ones too, must speak versions that all alive ones understand.
 */
export function versionConflict(nodes: readonly VersionedNode[]): string | undefined {
  const protocol: Range = { min: 0, max: 255 };
  const delegate: Range = { min: 0, max: 255 };
  for (const node of nodes) {
    if (!node.alive || node.vsn.length < VSN_BYTES - 1) continue;
    narrow(protocol, node.vsn[0], node.vsn[1]);
    narrow(delegate, node.vsn[3], node.vsn[4]);
  }
  for (const node of nodes) {
    const reason =
      outside('protocol', node.vsn[2] ?? 0, protocol) ??
      outside('application protocol', node.vsn[5] ?? 0, delegate);
    if (reason !== undefined) return `node ${node.name} ${reason}`;
  }
  return undefined;
}

function narrow(range: Range, min = 0, max = 0): void {
  range.min = Math.max(range.min, min);
  range.max = Math.min(range.max, max);
}

function outside(what: string, spoken: number, range: Range): string | undefined {
  if (spoken >= range.min && spoken <= range.max) return undefined;
  const understood =
    range.min > range.max ? 'nothing in common' : `versions ${range.min} to ${range.max}`;
  return `speaks ${what} version ${spoken}, but all alive nodes together understand ${understood}`;
}
