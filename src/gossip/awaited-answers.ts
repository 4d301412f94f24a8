export interface AnswerHandlers {
  onAck(payload: Uint8Array | null): void;
  onNack?(): void;
}

const SEQ_NO_SPACE = 2 ** 32;

/** Which sequence numbers still wait for an ack. Answers nobody waits for are dropped. */
export class AwaitedAnswers {
  readonly #waiting = new Map<number, AnswerHandlers>();
  #lastSeqNo = 0;

  /** A new sequence number, with who wants its answers until it is dropped. */
  expect(handlers: AnswerHandlers): number {
    this.#lastSeqNo = (this.#lastSeqNo + 1) % SEQ_NO_SPACE;
    this.#waiting.set(this.#lastSeqNo, handlers);
    return this.#lastSeqNo;
  }

  drop(seqNo: number): void {
    this.#waiting.delete(seqNo);
  }

  ack(seqNo: number, payload: Uint8Array | null): void {
    this.#waiting.get(seqNo)?.onAck(payload);
  }

  nack(seqNo: number): void {
    this.#waiting.get(seqNo)?.onNack?.();
  }
}
