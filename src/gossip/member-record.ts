import { sameBytes } from './address.ts';
import type { Alive, Dead, Suspect } from './messages.ts';
import { hasSaneVersions } from './versions.ts';
import { MAX_META_BYTES, MAX_NAME_BYTES } from './wire/wire-limits.ts';

/** A node's state as the protocol names it. */
export type RecordState = 'alive' | 'suspect' | 'dead' | 'left';

/** What is believed of one node. Replaced as a whole, never changed in place. */
export interface MemberRecord {
  readonly name: string;
  /** As announced, and passed on unchanged: peers compare these bytes. */
  readonly addr: Uint8Array;
  readonly port: number;
  readonly meta: Uint8Array;
  readonly vsn: Uint8Array;
  readonly incarnation: number;
  readonly state: RecordState;
  readonly stateChangedAtMs: number;
}

/** What a message about another node does to its record. */
export type Verdict =
  | { readonly kind: 'ignored' }
  | { readonly kind: 'malformed'; readonly reason: string }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'confirmation' }
  | { readonly kind: 'accepted'; readonly record: MemberRecord };

const IGNORED: Verdict = { kind: 'ignored' };

/** Why nobody should be told about a node with these properties; undefined when all is well. */
export function malformation(alive: Omit<Alive, 'type' | 'incarnation'>): string | undefined {
  if (alive.node === '') return 'its name is empty';
  if (Buffer.byteLength(alive.node) > MAX_NAME_BYTES) {
    return `its name is longer than ${MAX_NAME_BYTES} bytes`;
  }
  if ((alive.meta?.length ?? 0) > MAX_META_BYTES) {
    return `its metadata is longer than ${MAX_META_BYTES} bytes`;
  }
  if (alive.addr.length !== 4 && alive.addr.length !== 16) {
    return `its address has ${alive.addr.length} bytes`;
  }
  if (!hasSaneVersions(alive.vsn))
    return `its versions are ${[...alive.vsn].join(',') || 'missing'}`;
  return undefined;
}

export interface AliveContext {
  readonly nowMs: number;
  readonly deadNodeReclaimTimeMs: number;
}

/** An alive message about a node other than ourselves. */
export function judgeAlive(
  known: MemberRecord | undefined,
  alive: Alive,
  context: AliveContext,
): Verdict {
  const reason = malformation(alive);
  if (reason !== undefined) return { kind: 'malformed', reason };
  if (known === undefined) return { kind: 'accepted', record: aliveRecord(alive, context.nowMs) };
  const moved = !sameAddress(known, alive);
  if (moved && !mayMove(known, context)) return { kind: 'conflict' };
  if (!moved && alive.incarnation <= known.incarnation) return IGNORED;
  const sinceMs = known.state === 'alive' ? known.stateChangedAtMs : context.nowMs;
  return { kind: 'accepted', record: aliveRecord(alive, sinceMs) };
}

/** Where a node is, as it announced it. */
type Place = Pick<MemberRecord, 'addr' | 'port'>;

export function sameAddress(a: Place, b: Place): boolean {
  return a.port === b.port && sameBytes(a.addr, b.addr);
}

/** A name may appear at another address once its owner left, or has been dead for long enough. */
function mayMove(known: MemberRecord, context: AliveContext): boolean {
  if (known.state === 'left') return true;
  if (known.state !== 'dead' || context.deadNodeReclaimTimeMs <= 0) return false;
  return context.nowMs - known.stateChangedAtMs > context.deadNodeReclaimTimeMs;
}

/** Copies the bytes: they may be a small window on a large received buffer. */
function aliveRecord(alive: Alive, stateChangedAtMs: number): MemberRecord {
  const { node: name, port, incarnation } = alive;
  const addr = Uint8Array.from(alive.addr);
  const vsn = Uint8Array.from(alive.vsn);
  const meta = Uint8Array.from(alive.meta ?? []);
  return { name, addr, port, meta, vsn, incarnation, state: 'alive', stateChangedAtMs };
}

/** A suspicion about a node other than ourselves. */
export function judgeSuspect(
  known: MemberRecord | undefined,
  suspect: Suspect,
  nowMs: number,
): Verdict {
  if (known === undefined || suspect.incarnation < known.incarnation) return IGNORED;
  if (known.state === 'suspect') return { kind: 'confirmation' };
  if (known.state !== 'alive') return IGNORED;
  const { incarnation } = suspect;
  return {
    kind: 'accepted',
    record: { ...known, incarnation, state: 'suspect', stateChangedAtMs: nowMs },
  };
}

/** The death of a node other than ourselves; told by the node itself it is a leave. */
export function judgeDead(known: MemberRecord | undefined, dead: Dead, nowMs: number): Verdict {
  if (known === undefined || dead.incarnation < known.incarnation) return IGNORED;
  if (isGone(known)) return IGNORED;
  const state = dead.node === dead.from ? 'left' : 'dead';
  const { incarnation } = dead;
  return { kind: 'accepted', record: { ...known, incarnation, state, stateChangedAtMs: nowMs } };
}

export function isGone(record: MemberRecord): boolean {
  return record.state === 'dead' || record.state === 'left';
}
