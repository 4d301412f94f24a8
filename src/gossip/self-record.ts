import { sameBytes } from './address.ts';
import { type MemberRecord, sameAddress } from './member-record.ts';
import type { Alive } from './messages.ts';

const MAX_INCARNATION = 0xffff_ffff;

/** The incarnation that outdoes an accusation made against `accused`. */
export function refutingIncarnation(own: number, accused: number): number {
  return Math.min(MAX_INCARNATION, Math.max(own, accused) + 1);
}

/** A suspicion or death of ourselves matters only if it is not older than what we say. */
export function mustRefuteAccusation(self: MemberRecord, accusedIncarnation: number): boolean {
  return accusedIncarnation >= self.incarnation;
}

/**
 * What an alive message about ourselves means: `conflict` when another node bears our name,
 * `refute` when the pool remembers an earlier life of ours (as after a crash), else nothing.
 */
export function judgeAliveAboutSelf(
  self: MemberRecord,
  alive: Alive,
): 'ignored' | 'conflict' | 'refute' {
  if (!sameAddress(self, alive)) return 'conflict';
  if (alive.incarnation < self.incarnation) return 'ignored';
  const same =
    alive.incarnation === self.incarnation &&
    sameBytes(alive.meta ?? new Uint8Array(0), self.meta) &&
    sameBytes(alive.vsn, self.vsn);
  return same ? 'ignored' : 'refute';
}
