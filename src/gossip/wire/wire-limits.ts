const KIBI = 1024;
const MEBI = 1024 * KIBI;

/** The most a decoder spends on one packet or stream, whatever lengths and counts it is told. */
export interface WireLimits {
  /** What all compressed parts of one packet may expand to together. */
  readonly packetInflatedBytes: number;
  /** How deep compounds and compressed parts may nest in one packet. */
  readonly packetDepth: number;
  readonly packetMessages: number;
  /** Bytes accepted on one stream, label, encryption and compression included. */
  readonly streamBytes: number;
  readonly streamInflatedBytes: number;
  readonly pushPullNodes: number;
  /** Push/pull user state, or a user message sent over a stream. */
  readonly userStateBytes: number;
}

export const DEFAULT_LIMITS: WireLimits = {
  packetInflatedBytes: 256 * KIBI,
  packetDepth: 8,
  packetMessages: 1024,
  streamBytes: 20 * MEBI + KIBI,
  streamInflatedBytes: 20 * MEBI,
  pushPullNodes: 65_536,
  userStateBytes: 20 * MEBI,
};

/** Longest encrypted blob that memberlist takes from, or sends on, a stream. */
export const MAX_ENCRYPTED_STREAM_BYTES = 20 * MEBI;

/** Fixed by memberlist: metadata longer than this makes its nodes panic. */
export const MAX_META_BYTES = 512;

/**
 * Longest node name taken from the network. memberlist sets no limit, but an alive message with
 * a longer name and full metadata would no longer fit one packet, and so could not be gossiped on.
 */
export const MAX_NAME_BYTES = 512;

export const MAX_ERROR_TEXT_BYTES = 4096;

/** Problems reported for one packet or stream; what follows them is not looked at. */
export const MAX_PROBLEMS = 16;
