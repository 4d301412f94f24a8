import type { StreamError, StreamMessage, UserMessage } from '../messages.ts';
import { readAck, readPing } from './message-decode.ts';
import { MessageType } from './message-type.ts';
import { MsgpackReader } from './msgpack-decode.ts';
import { count, lossyText, readStruct } from './msgpack-struct.ts';
import { PushPullReader } from './push-pull.ts';
import { MAX_ERROR_TEXT_BYTES, type WireLimits } from './wire-limits.ts';
import { WireError, type WireProblem } from './wire-problem.ts';

const ERROR = { Error: lossyText(MAX_ERROR_TEXT_BYTES) } as const;
const USER_HEADER = { UserMsgLen: count } as const;

/** Reads a bare message of a stream, from input that may still be growing. */
export class StreamMessageReader {
  readonly #start: number;
  readonly #limits: WireLimits;
  #pushPull: PushPullReader | undefined;

  /** `start` is the offset of the type byte. */
  constructor(start: number, limits: WireLimits) {
    this.#start = start;
    this.#limits = limits;
  }

  get problems(): readonly WireProblem[] {
    return this.#pushPull?.problems ?? [];
  }

  /**
   * `bytes` start where those of the last call did, and have grown since.
   * @throws WireError, with `neededBytes` when more input may mend it.
   */
  read(bytes: Uint8Array): StreamMessage {
    const type = bytes[this.#start];
    const bodyAt = this.#start + 1;
    switch (type) {
      case undefined:
        throw new WireError('truncated', 'no message', bodyAt);
      case MessageType.pushPull:
        this.#pushPull ??= new PushPullReader(bodyAt, this.#limits);
        return this.#pushPull.read(bytes);
      case MessageType.ping:
        return readPing(new MsgpackReader(bytes, bodyAt));
      case MessageType.ack:
        return readAck(new MsgpackReader(bytes, bodyAt));
      case MessageType.user:
        return this.#readUser(new MsgpackReader(bytes, bodyAt));
      case MessageType.error:
        return readError(new MsgpackReader(bytes, bodyAt));
      default:
        throw new WireError('unknown-type', `message type ${type} is not one of a stream`);
    }
  }

  #readUser(reader: MsgpackReader): UserMessage {
    const { UserMsgLen: bodyBytes } = readStruct(reader, USER_HEADER);
    const { userStateBytes } = this.#limits;
    if (bodyBytes > userStateBytes) {
      throw new WireError('too-large', `a user message of more than ${userStateBytes} bytes`);
    }
    return { type: 'user', body: new Uint8Array(reader.take(bodyBytes)) };
  }
}

function readError(reader: MsgpackReader): StreamError {
  return { type: 'error', message: readStruct(reader, ERROR).Error };
}
