import type { SocketAddress } from './address.ts';
import type { StreamMessage } from './messages.ts';
import { reportWireProblem } from './packet-port.ts';
import type { StreamClientDeps } from './stream-client.ts';
import { STREAM_LIMITS } from './stream-limits.ts';
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
  readonly #open = new Set<() => void>();

  constructor(deps: StreamServerDeps) {
    this.#deps = deps;
  }

  accept(stream: ByteStream, from: SocketAddress): StreamHandlers {
    const { settings, clock, keyring } = this.#deps;
    const decoder = new StreamDecoder({ role: 'acceptor', keyring, limits: STREAM_LIMITS });
    const close = () => {
      if (!this.#open.delete(close)) return;
      clock.clearTimeout(timer);
      stream.destroy();
    };
    const timer = clock.setTimeout(close, settings.tcpTimeoutMs);
    this.#open.add(close);
    if (this.#open.size > settings.maxStreams) close();
    let answered = false;
    return {
      onData: (chunk) => {
        if (answered || !this.#open.has(close)) return;
        const result = decoder.push(chunk);
        if (result.kind === 'more') return;
        answered = true;
        this.#answer(result, stream, from);
      },
      onClose: close,
    };
  }

  stop(): void {
    for (const close of [...this.#open]) close();
  }

  #answer(
    result: Exclude<StreamResult, { kind: 'more' }>,
    stream: ByteStream,
    from: SocketAddress,
  ): void {
    const reply = this.#replyTo(result, from);
    if (reply !== undefined) {
      const { keyring, settings } = this.#deps;
      stream.write(encodeStream(reply, { role: 'acceptor', keyring, compress: settings.compress }));
    }
    stream.end();
  }

  #replyTo(
    result: Exclude<StreamResult, { kind: 'more' }>,
    from: SocketAddress,
  ): StreamMessage | undefined {
    if (result.kind === 'message') return this.#deps.answer(result.message, from);
    reportWireProblem(this.#deps.problems, 'malformedStream', result.problem, from);
    return { type: 'error', message: result.problem.detail };
  }
}
