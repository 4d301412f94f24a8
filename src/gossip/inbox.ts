import type { SocketAddress } from './address.ts';
import type { AwaitedAnswers } from './awaited-answers.ts';
import type { Membership } from './membership.ts';
import type { PacketMessage, StreamMessage } from './messages.ts';
import type { PacketPort } from './packet-port.ts';
import type { Responder } from './responder.ts';
import type { StateExchange } from './state-exchange.ts';

export interface InboxDeps {
  readonly packets: PacketPort;
  readonly answers: AwaitedAnswers;
  readonly responder: Responder;
  readonly membership: Membership;
  readonly exchange: StateExchange;
  readonly onUserMessage: (body: Uint8Array) => void;
  /** Our own port, which is meant where a message says port 0. */
  readonly ownPort: () => number;
}

/** Takes what arrives to whom it concerns. */
export class Inbox {
  readonly #deps: InboxDeps;

  constructor(deps: InboxDeps) {
    this.#deps = deps;
  }

  packet(bytes: Uint8Array, from: SocketAddress): void {
    for (const message of this.#deps.packets.open(bytes, from)) this.#deliver(message, from);
  }

  /** The answer to the one question of a stream, or undefined when it gets none. */
  question(message: StreamMessage, from: SocketAddress): StreamMessage | undefined {
    const { responder, exchange, onUserMessage } = this.#deps;
    switch (message.type) {
      case 'pushPull': {
        const nodes = message.nodes.map((node) => this.#withPort(node));
        return exchange.answer({ ...message, nodes }, from);
      }
      case 'ping':
        if (!responder.isForUs(message)) return undefined;
        return { type: 'ack', seqNo: message.seqNo, payload: null };
      case 'user':
        onUserMessage(message.body);
        return undefined;
      case 'ack':
      case 'error':
        return undefined;
    }
  }

  #deliver(message: PacketMessage, from: SocketAddress): void {
    const { answers, responder, membership, onUserMessage } = this.#deps;
    switch (message.type) {
      case 'ping':
        responder.heardPing(message, from);
        break;
      case 'indirectPing':
        responder.heardIndirectPing(this.#withPort(message), from);
        break;
      case 'ack':
        answers.ack(message.seqNo, message.payload);
        break;
      case 'nack':
        answers.nack(message.seqNo);
        break;
      case 'alive':
        membership.heardAlive(this.#withPort(message));
        break;
      case 'suspect':
        membership.heardSuspect(message);
        break;
      case 'dead':
        membership.heardDead(message);
        break;
      case 'user':
        onUserMessage(message.body);
        break;
    }
  }

  #withPort<T extends { readonly port: number }>(message: T): T {
    return message.port === 0 ? { ...message, port: this.#deps.ownPort() } : message;
  }
}
