import type { SocketAddress } from './address.ts';
import type { Clock } from './clock.ts';
import type { StreamMessage } from './messages.ts';
import { reportWireProblem } from './packet-port.ts';
import type { Problems } from './problems.ts';
import { type GossipSettings, sendingKeys } from './settings.ts';
import { STREAM_LIMITS } from './stream-limits.ts';
import type { Transport } from './transport.ts';
import type { Keyring } from './wire/keyring.ts';
import { StreamDecoder, type StreamResult } from './wire/stream-decode.ts';
import { encodeStream } from './wire/stream-encode.ts';

export interface StreamRequest {
  readonly to: SocketAddress;
  readonly message: StreamMessage;
  readonly timeoutMs: number;
  onAnswer(answer: StreamMessage): void;
  /** `reason` is a clause: "the connection was refused". */
  onFailure(reason: string): void;
}

export interface StreamClientDeps {
  readonly settings: GossipSettings;
  readonly clock: Clock;
  readonly transport: Transport;
  readonly keyring: Keyring | undefined;
  readonly problems: Problems;
}

/** Asks one question per connection. */
export class StreamClient {
  readonly #deps: StreamClientDeps;
  readonly #open = new Set<() => void>();

  constructor(deps: StreamClientDeps) {
    this.#deps = deps;
  }

  /** One of `onAnswer` and `onFailure` is called, once and later, unless it is cancelled first. */
  request(request: StreamRequest): () => void {
    const { clock, keyring, transport, settings } = this.#deps;
    const decoder = new StreamDecoder({
      ...{ role: 'dialler', keyring, limits: STREAM_LIMITS },
      acceptPlaintext: settings.plaintext !== 'refused',
    });
    const settle = (report?: () => void) => {
      if (!this.#open.delete(cancel)) return;
      clock.clearTimeout(timer);
      stream.destroy();
      report?.();
    };
    const fail = (reason: string) => settle(() => request.onFailure(reason));
    const cancel = () => settle();
    const timer = clock.setTimeout(
      () => fail(`no answer within ${Math.round(request.timeoutMs)} ms`),
      request.timeoutMs,
    );
    const settleWith = (result: StreamResult) => {
      if (result.kind !== 'more') settle(() => this.#deliver(result, request));
    };
    const stream = transport.openStream(request.to, {
      onData: (chunk) => settleWith(decoder.push(chunk)),
      onClose: (problem) => {
        if (problem === undefined) settleWith(decoder.end());
        else fail(problem);
      },
    });
    this.#open.add(cancel);
    const sent = { keyring: sendingKeys(this.#deps), compress: settings.compress };
    stream.write(encodeStream(request.message, { role: 'dialler', ...sent }));
    return cancel;
  }

  stop(): void {
    for (const cancel of [...this.#open]) cancel();
  }

  #deliver(result: Exclude<StreamResult, { kind: 'more' }>, request: StreamRequest): void {
    const { problems } = this.#deps;
    if (result.kind === 'message') problems.isRight('wrongKey', request.to.addr);
    if (result.kind === 'problem') {
      if (result.problem.code !== 'truncated') {
        reportWireProblem(problems, 'malformedStream', result.problem, request.to);
      }
      request.onFailure(result.problem.detail);
    } else if (result.message.type === 'error') {
      request.onFailure(`it refused: ${result.message.message}`);
    } else {
      request.onAnswer(result.message);
    }
  }
}
