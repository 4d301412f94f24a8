export type WireProblemCode =
  | 'truncated'
  | 'malformed'
  | 'too-large'
  | 'too-deep'
  | 'unknown-type'
  | 'bad-checksum'
  | 'bad-compression'
  | 'label-mismatch'
  | 'undecryptable'
  /** Plaintext where a keyring asks for encryption. */
  | 'not-encrypted'
  /** Encrypted, and this node has no keyring. */
  | 'encryption-not-configured'
  /** A defect of this decoder: never the peer's doing. */
  | 'internal';

/** Why something received was not understood. `detail` is one clause without bytes of the peer. */
export interface WireProblem {
  readonly code: WireProblemCode;
  readonly detail: string;
}

/** Stops a decoder half-way. It never leaves this folder: the outer decoders turn it into data. */
export class WireError extends Error {
  override readonly name = 'WireError';
  readonly code: WireProblemCode;
  /** With `truncated`: how long the input must be for the decoder to get further, in bytes. */
  readonly neededBytes: number | undefined;

  constructor(code: WireProblemCode, detail: string, neededBytes?: number) {
    super(detail);
    this.code = code;
    this.neededBytes = neededBytes;
  }
}

export function problemOf(thrown: unknown): WireProblem {
  if (thrown instanceof WireError) return { code: thrown.code, detail: thrown.message };
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'internal', detail };
}
