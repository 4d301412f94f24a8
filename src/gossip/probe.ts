import { formatAddress, type SocketAddress } from './address.ts';
import type { AwaitedAnswers } from './awaited-answers.ts';
import { type Awareness, probeVerdictDelta } from './awareness.ts';
import type { Clock, TimerHandle } from './clock.ts';
import { isGone, type MemberRecord } from './member-record.ts';
import type { MemberTable } from './member-table.ts';
import type { Membership } from './membership.ts';
import type { IndirectPing, Ping } from './messages.ts';
import { type PacketPort, socketAddressOf } from './packet-port.ts';
import type { Problems } from './problems.ts';
import type { Random } from './random.ts';
import type { GossipSettings } from './settings.ts';
import type { StreamClient } from './stream-client.ts';
import { NACK_SINCE, protocolMax, TCP_PING_SINCE } from './versions.ts';

export interface ProbeDeps {
  readonly settings: GossipSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly awareness: Awareness;
  readonly problems: Problems;
  readonly table: MemberTable;
  readonly membership: Membership;
  readonly packets: PacketPort;
  readonly streams: StreamClient;
  readonly answers: AwaitedAnswers;
}

/**
 * One probe of one node: a ping; without an ack in time, pings through others and over TCP; without
 * any ack by the deadline, a suspicion. `onDone` runs exactly once, unless the probe is cancelled.
 */
export class Probe {
  readonly #deps: ProbeDeps;
  readonly #target: MemberRecord;
  readonly #address: SocketAddress;
  readonly #onDone: () => void;
  readonly #deadlineMs: number;
  readonly #seqNo: number;
  #timer: TimerHandle;
  #indirect = false;
  #graceGiven = false;
  #tcpAnswered = false;
  #nacksExpected = 0;
  #nacksReceived = 0;
  #cancelTcp: () => void = () => {};

  constructor(deps: ProbeDeps, target: MemberRecord, onDone: () => void) {
    const { settings, clock, awareness, answers } = deps;
    this.#deps = deps;
    this.#target = target;
    this.#address = socketAddressOf(target) ?? { addr: '', port: 0 };
    this.#onDone = onDone;
    this.#deadlineMs = clock.nowMs() + awareness.scaled(settings.probeIntervalMs);
    this.#seqNo = answers.expect({
      onAck: () => this.#acknowledged(),
      onNack: () => {
        this.#nacksReceived += 1;
      },
    });
    this.#timer = clock.setTimeout(() => this.#askOthers(), settings.probeTimeoutMs);
    this.#ping();
  }

  cancel(): void {
    this.#deps.clock.clearTimeout(this.#timer);
    this.#deps.answers.drop(this.#seqNo);
    this.#cancelTcp();
  }

  #ping(): void {
    const { packets, membership } = this.#deps;
    const ping = this.#pingMessage();
    const onError = () => this.#askOthers();
    if (this.#target.state === 'alive') packets.send(this.#address, ping, onError);
    // A suspect is told so in the same packet: it can refute without waiting for gossip.
    else packets.sendAlone(this.#address, [ping, membership.suspicionOf(this.#target)], onError);
  }

  #pingMessage(): Ping {
    return {
      type: 'ping',
      seqNo: this.#seqNo,
      node: this.#target.name,
      source: this.#source(),
    };
  }

  #source() {
    const { addr, port, name } = this.#deps.table.self;
    return { addr, port, node: name };
  }

  #askOthers(): void {
    if (this.#indirect) return;
    this.#indirect = true;
    const { clock, settings, table, random } = this.#deps;
    const relays = table.sample(
      settings.indirectChecks,
      random,
      ({ name, state }) => state === 'alive' && name !== this.#target.name,
    );
    for (const relay of relays) this.#askOne(relay);
    if (settings.tcpFallbackPing && protocolMax(this.#target.vsn) >= TCP_PING_SINCE) {
      this.#pingOverTcp();
    }
    clock.clearTimeout(this.#timer);
    const waitMs = Math.max(0, this.#deadlineMs - clock.nowMs());
    this.#timer = clock.setTimeout(() => this.#conclude(), waitMs);
  }

  #askOne(relay: MemberRecord): void {
    const to = socketAddressOf(relay);
    if (to === undefined) return;
    const nack = protocolMax(relay.vsn) >= NACK_SINCE;
    if (nack) this.#nacksExpected += 1;
    const request: IndirectPing = {
      type: 'indirectPing',
      seqNo: this.#seqNo,
      target: this.#target.addr,
      port: this.#target.port,
      node: this.#target.name,
      nack,
      source: this.#source(),
    };
    this.#deps.packets.send(to, request);
  }

  #pingOverTcp(): void {
    const { clock, streams } = this.#deps;
    this.#cancelTcp = streams.request({
      to: this.#address,
      message: { type: 'ping', seqNo: this.#seqNo, node: this.#target.name },
      timeoutMs: Math.max(1, this.#deadlineMs - clock.nowMs()),
      onAnswer: (answer) => {
        this.#tcpAnswered ||= answer.type === 'ack' && answer.seqNo === this.#seqNo;
      },
      onFailure: () => {},
    });
  }

  #conclude(): void {
    const { clock, awareness, settings, problems, membership, table } = this.#deps;
    const nowMs = clock.nowMs();
    // We were stalled ourselves: acks may lie unread behind this very timer.
    if (awareness.isLate(this.#deadlineMs, nowMs) && !this.#graceGiven) {
      this.#graceGiven = true;
      this.#timer = clock.setTimeout(() => this.#conclude(), settings.probeTimeoutMs);
      return;
    }
    const { name } = this.#target;
    if (this.#tcpAnswered) {
      const where = formatAddress(this.#address);
      const text = `node ${name} answers at ${where} over TCP only: is UDP let through both ways?`;
      problems.report('tcpOnly', name, text);
      this.#finish(true);
      return;
    }
    const known = table.get(name);
    if (known !== undefined && !isGone(known) && !awareness.isSlow()) membership.suspect(known);
    this.#finish(false);
  }

  #acknowledged(): void {
    this.#deps.problems.clear('tcpOnly', this.#target.name);
    this.#finish(true);
  }

  #finish(acknowledged: boolean): void {
    this.cancel();
    const verdict = {
      acknowledged,
      nacksExpected: this.#nacksExpected,
      nacksReceived: this.#nacksReceived,
    };
    this.#deps.awareness.adjust(probeVerdictDelta(verdict));
    this.#onDone();
  }
}
