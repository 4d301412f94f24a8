/** A misuse or a start that failed: one sentence, and what can be done about it. */
export class GossipError extends Error {
  override readonly name = 'GossipError';
  readonly code:
    | 'GOSSIP_BAD_CONFIG'
    | 'GOSSIP_ADDRESS_IN_USE'
    | 'GOSSIP_CANNOT_LISTEN'
    | 'GOSSIP_NOT_RUNNING';
  readonly remedy: string;

  constructor(
    message: string,
    options: { code: GossipError['code']; remedy: string; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.remedy = options.remedy;
  }
}
