import { COMPOUND_OVERHEAD_BYTES } from './compound.ts';
import { ENCRYPTION_OVERHEAD, type EncryptionVersion } from './encryption.ts';
import { labelOverhead } from './label.ts';

/** What one datagram should hold at most, before compression; fits the usual path MTU. */
export const PACKET_BYTES = 1400;

export interface BudgetOptions {
  /** The message that is sent anyway, in bytes; 0 for a packet of gossip only. */
  readonly messageBytes: number;
  readonly label?: string | undefined;
  readonly encrypted?: boolean | undefined;
  readonly encryptionVersion?: EncryptionVersion | undefined;
  readonly packetBytes?: number | undefined;
}

/**
 * Bytes left in a datagram for further messages, never below 0. Each of them costs its own
 * length and PART_OVERHEAD_BYTES.
 */
export function piggybackBytes(options: BudgetOptions): number {
  const { messageBytes, label, packetBytes = PACKET_BYTES } = options;
  const encryption = options.encrypted ? ENCRYPTION_OVERHEAD[options.encryptionVersion ?? 1] : 0;
  const overhead = COMPOUND_OVERHEAD_BYTES + labelOverhead(label) + encryption;
  return Math.max(0, packetBytes - messageBytes - overhead);
}
