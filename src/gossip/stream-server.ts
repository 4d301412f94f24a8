import type { SocketAddress } from './address.ts';
import type { StreamMessage } from './messages.ts';
import { reportWireProblem } from './packet-port.ts';
import { sendingKeys } from './settings.ts';
import type { StreamClientDeps } from './stream-client.ts';
import { STREAM_LIMITS } from './stream-limits.ts';
import { type Slot, StreamSlots } from './stream-slots.ts';
import type { ByteStream, StreamHandlers } from './transport.ts';
import { StreamDecoder, type StreamResult } from './wire/stream-decode.ts';
import { encodeStream } from './wire/stream-encode.ts';

export interface StreamServerDeps extends Omit<StreamClientDeps, 'transport'> {
  /** Gives the answer; undefined closes the connection without one. */
  readonly answer: (question: StreamMessage, from: SocketAddress) => StreamMessage | undefined;
}

/** Answers one question per connection, within a time and a number of connections. */
export class StreamServer {
  readonly #deps: StreamServerDeps;
  readonly #slots: StreamSlots;

  constructor(deps: StreamServerDeps) {
    this.#deps = deps;
    this.#slots = new StreamSlots(deps.clock, deps.settings.maxStreams);
  }

  accept(stream: ByteStream, from: SocketAddress): StreamHandlers {
    const { settings, clock, keyring } = this.#deps;
    const decoder = new StreamDecoder({
      ...{ role: 'acceptor', keyring, limits: STREAM_LIMITS },
      acceptPlaintext: settings.plaintext !== 'refused',
    });
    let answered = false;
    const close = () => {
      if (!this.#slots.giveBack(slot)) return;
      if (!answered) this.#slots.wasted(slot);
      clock.clearTimeout(timer);
      stream.destroy();
    };
    const slot: Slot = { addr: from.addr, close, heldBytes: 0 };
    const timer = clock.setTimeout(close, settings.tcpTimeoutMs);
    if (!this.#slots.take(slot)) {
      clock.clearTimeout(timer);
      stream.destroy();
    }
    return {
      onData: (chunk) => {
        if (answered || !this.#slots.has(slot)) return;
        this.#slots.hold(slot, chunk.length);
        if (!this.#slots.has(slot)) return;
        const result = decoder.push(chunk);
        if (result.kind === 'more') return;
        answered = true;
        if (result.kind === 'problem') this.#slots.wasted(slot);
        this.#answer(result, stream, from);
      },
      onClose: close,
    };
  }

  stop(): void {
    this.#slots.closeAll();
  }

  #answer(
    result: Exclude<StreamResult, { kind: 'more' }>,
    stream: ByteStream,
    from: SocketAddress,
  ): void {
    const reply = this.#replyTo(result, from);
    if (reply !== undefined) {
      const sent = { keyring: sendingKeys(this.#deps), compress: this.#deps.settings.compress };
      stream.write(encodeStream(reply, { role: 'acceptor', ...sent }));
    }
    stream.end();
  }

  #replyTo(
    result: Exclude<StreamResult, { kind: 'more' }>,
    from: SocketAddress,
  ): StreamMessage | undefined {
    const { problems, answer } = this.#deps;
    if (result.kind === 'message') {
      problems.isRight('wrongKey', from.addr);
      return answer(result.message, from);
    }
    reportWireProblem(problems, 'malformedStream', result.problem, from);
    return { type: 'error', message: result.problem.detail };
  }
}
