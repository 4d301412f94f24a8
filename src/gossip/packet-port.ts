import { bytesToIp, formatAddress, type SocketAddress } from './address.ts';
import type { PacketRoom } from './broadcast-queue.ts';
import type { FloodGuard } from './flood-guard.ts';
import type { MemberRecord } from './member-record.ts';
import type { PacketMessage } from './messages.ts';
import type { Problems } from './problems.ts';
import { type GossipSettings, sendingKeys } from './settings.ts';
import type { Transport } from './transport.ts';
import type { Keyring } from './wire/keyring.ts';
import { encodeMessage } from './wire/message-encode.ts';
import { decodePacket } from './wire/packet-decode.ts';
import { encodePacketParts } from './wire/packet-encode.ts';
import { piggybackBytes } from './wire/size-budget.ts';
import type { WireProblem } from './wire/wire-problem.ts';

/** Each further part of a packet costs its length field. */
const PART_OVERHEAD_BYTES = 2;
/** Older peers misread compounds of 128 parts and more. */
const MAX_PARTS = 127;

export interface PacketPortDeps {
  readonly settings: GossipSettings;
  readonly transport: Transport;
  readonly keyring: Keyring | undefined;
  readonly problems: Problems;
  readonly guard: FloodGuard;
}

/** How packets leave and arrive: framing, encryption, and news that travels along. */
export class PacketPort {
  readonly #deps: PacketPortDeps;
  #takeNews: (room: PacketRoom) => Uint8Array[] = () => [];

  constructor(deps: PacketPortDeps) {
    this.#deps = deps;
  }

  /** Where news for `send` comes from. */
  takeNewsFrom(takeNews: (room: PacketRoom) => Uint8Array[]): void {
    this.#takeNews = takeNews;
  }

  /** One message, with as much news as fits beside it. */
  send(to: SocketAddress, message: PacketMessage, onError?: (error: Error) => void): void {
    const encoded = encodeMessage(message);
    this.#send(to, [encoded, ...this.#takeNews(this.#room(encoded.length, 1))], onError);
  }

  /** Exactly these messages, without news. */
  sendAlone(
    to: SocketAddress,
    messages: readonly PacketMessage[],
    onError?: (error: Error) => void,
  ): void {
    this.#send(to, messages.map(encodeMessage), onError);
  }

  sendParts(to: MemberRecord, parts: readonly Uint8Array[]): void {
    const target = socketAddressOf(to);
    if (target !== undefined) this.#send(target, parts);
  }

  /** What a packet of nothing but news can carry. */
  emptyRoom(): PacketRoom {
    return this.#room(0, 0);
  }

  /** The messages of a packet. What cannot be read is reported and left out. */
  open(bytes: Uint8Array, from: SocketAddress): readonly PacketMessage[] {
    const { keyring, settings, problems, guard } = this.#deps;
    if (!guard.admits(from)) return [];
    const { messages, problems: wireProblems } = decodePacket(bytes, {
      keyring,
      acceptPlaintext: settings.plaintext !== 'refused',
    });
    for (const problem of wireProblems)
      reportWireProblem(problems, 'malformedPacket', problem, from);
    if (messages.length === 0) {
      guard.unreadable(from, bytes.length);
    } else {
      guard.know(from);
      problems.isRight('wrongKey', from.addr);
    }
    return messages;
  }

  #room(messageBytes: number, parts: number): PacketRoom {
    const { settings } = this.#deps;
    const bytes = piggybackBytes({
      messageBytes: messageBytes + parts * PART_OVERHEAD_BYTES,
      encrypted: sendingKeys(this.#deps) !== undefined,
      packetBytes: settings.udpBufferBytes,
    });
    return { bytes, perPartBytes: PART_OVERHEAD_BYTES, parts: MAX_PARTS - parts };
  }

  #send(to: SocketAddress, parts: readonly Uint8Array[], onError?: (error: Error) => void): void {
    const { transport, settings } = this.#deps;
    const keyring = sendingKeys(this.#deps);
    const bytes = encodePacketParts(parts, { keyring, compress: settings.compress });
    transport.sendPacket(to, bytes, onError);
  }
}

/** Where to reach a node; undefined when its address is not one. */
export function socketAddressOf(record: {
  readonly addr: Uint8Array;
  readonly port: number;
}): SocketAddress | undefined {
  const addr = bytesToIp(record.addr);
  return addr === undefined ? undefined : { addr, port: record.port };
}

/** A peer that encrypts differently is one problem, told once per host in its own words. */
export function reportWireProblem(
  problems: Problems,
  code: 'malformedPacket' | 'malformedStream',
  problem: WireProblem,
  from: SocketAddress,
): void {
  const where = formatAddress(from);
  switch (problem.code) {
    case 'undecryptable':
      problems.report(
        'wrongKey',
        from.addr,
        `${where} does not share our gossip key: what it sends is encrypted with another key`,
      );
      break;
    case 'not-encrypted':
      problems.report(
        'wrongKey',
        from.addr,
        `${where} gossips without encryption, but this node has a gossip key`,
      );
      break;
    case 'encryption-not-configured':
      problems.report(
        'wrongKey',
        from.addr,
        `${where} gossips encrypted, but this node has no gossip key`,
      );
      break;
    default:
      problems.report(code, from.addr, `ignored what ${where} sent: ${problem.detail}`);
  }
}
