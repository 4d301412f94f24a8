import { bytesToIp, type SocketAddress } from './address.ts';
import type { AwaitedAnswers } from './awaited-answers.ts';
import type { Clock, TimerHandle } from './clock.ts';
import type { MemberTable } from './member-table.ts';
import type { Ack, IndirectPing, MessageSource, Ping } from './messages.ts';
import type { PacketPort } from './packet-port.ts';
import type { Problems } from './problems.ts';
import type { GossipSettings } from './settings.ts';

/** A nack must reach the prober before its own deadline, which is as far away as our time-out. */
const NACK_SHARE = 0.8;
/** Pings relayed at the same time; a bound on what strangers can make us send. */
const MAX_RELAYS = 256;

export interface ResponderDeps {
  readonly settings: GossipSettings;
  readonly clock: Clock;
  readonly problems: Problems;
  readonly table: MemberTable;
  readonly packets: PacketPort;
  readonly answers: AwaitedAnswers;
}

/** Answers probes: our own, and those we make for others. */
export class Responder {
  readonly #deps: ResponderDeps;
  readonly #relays = new Map<number, TimerHandle>();

  constructor(deps: ResponderDeps) {
    this.#deps = deps;
  }

  heardPing(ping: Ping, from: SocketAddress): void {
    if (!this.isForUs(ping)) return;
    const ack: Ack = { type: 'ack', seqNo: ping.seqNo, payload: null };
    this.#deps.packets.send(returnAddress(ping.source, from), ack);
  }

  /** False for a ping that is meant for another node, which may have had our address before. */
  isForUs(ping: Ping): boolean {
    const { table, problems } = this.#deps;
    const { name } = table.self;
    if (ping.node === '' || ping.node === name) return true;
    const asked = JSON.stringify(ping.node.slice(0, 64));
    const message = `ignored pings for node ${asked} at our address; we are ${name}`;
    problems.report('misaddressedPing', ping.node.slice(0, 64), message);
    return false;
  }

  heardIndirectPing(request: IndirectPing, from: SocketAddress): void {
    const { packets, answers, settings, table } = this.#deps;
    const addr = bytesToIp(request.target);
    if (addr === undefined || this.#relays.size >= MAX_RELAYS) return;
    const requester = returnAddress(request.source, from);
    const { addr: ownAddr, port: ownPort, name } = table.self;
    const seqNo = answers.expect({
      onAck: () => {
        this.#end(seqNo);
        packets.send(requester, { type: 'ack', seqNo: request.seqNo, payload: null });
      },
    });
    packets.send(
      { addr, port: request.port },
      {
        type: 'ping',
        seqNo,
        node: request.node,
        source: { addr: ownAddr, port: ownPort, node: name },
      },
    );
    const giveUp = () => {
      this.#end(seqNo);
      if (request.nack) packets.send(requester, { type: 'nack', seqNo: request.seqNo });
    };
    const waitMs = settings.probeTimeoutMs * NACK_SHARE;
    this.#relays.set(seqNo, this.#deps.clock.setTimeout(giveUp, waitMs));
  }

  stop(): void {
    for (const seqNo of [...this.#relays.keys()]) this.#end(seqNo);
  }

  #end(seqNo: number): void {
    const timer = this.#relays.get(seqNo);
    if (timer !== undefined) this.#deps.clock.clearTimeout(timer);
    this.#relays.delete(seqNo);
    this.#deps.answers.drop(seqNo);
  }
}

function returnAddress(source: MessageSource | undefined, from: SocketAddress): SocketAddress {
  const addr = source && bytesToIp(source.addr);
  return source === undefined || addr === undefined ? from : { addr, port: source.port };
}
