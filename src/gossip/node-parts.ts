import { ipToBytes } from './address.ts';
import { AddressResolver, type ResolveHost, systemResolveHost } from './address-resolver.ts';
import { AwaitedAnswers } from './awaited-answers.ts';
import { Awareness } from './awareness.ts';
import { Bootstrapper } from './bootstrapper.ts';
import { type Clock, systemClock } from './clock.ts';
import { Dissemination } from './dissemination.ts';
import { FailureDetector } from './failure-detector.ts';
import { FloodGuard } from './flood-guard.ts';
import { checkedMeta, checkedSettings, type GossipConfig } from './gossip-config.ts';
import { Inbox } from './inbox.ts';
import type { MemberRecord } from './member-record.ts';
import { MemberTable } from './member-table.ts';
import { Membership } from './membership.ts';
import { PacketPort } from './packet-port.ts';
import { type GossipProblem, Problems } from './problems.ts';
import { type Random, systemRandom } from './random.ts';
import { Responder } from './responder.ts';
import type { GossipSettings } from './settings.ts';
import { SocketTransport } from './socket-transport.ts';
import { StateExchange, type UserState } from './state-exchange.ts';
import { StreamClient } from './stream-client.ts';
import { StreamServer } from './stream-server.ts';
import type { Transport } from './transport.ts';
import { ownVersions } from './versions.ts';
import type { GossipEvent } from './view.ts';
import { encodeMessage } from './wire/message-encode.ts';

/** What a gossip node lives on; each has a real default. */
export interface GossipDeps {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly transport?: Transport;
  readonly resolveHost?: ResolveHost;
  readonly userState?: UserState;
}

/** Where a node's parts tell what happens. */
export interface NodeOutputs {
  readonly onEvent: (event: GossipEvent) => void;
  readonly onUserMessage: (body: Uint8Array) => void;
  readonly onProblem: (problem: GossipProblem) => void;
}

export type NodeParts = ReturnType<typeof createParts>;

/** The parts of one node, wired together and at rest. @throws GossipError as `checkedSettings`. */
export function createParts(config: GossipConfig, deps: GossipDeps, outputs: NodeOutputs) {
  const foundation = createFoundation(config, deps, outputs);
  const { packets, problems, table } = foundation;
  const dissemination = new Dissemination(foundation);
  packets.takeNewsFrom((room) => dissemination.takeFor(room));
  const membership = new Membership({
    ...foundation,
    spread: (about, news, onSpread) => dissemination.spread(about, encodeMessage(news), onSpread),
  });
  const streams = new StreamClient(foundation);
  const exchange = new StateExchange({
    ...foundation,
    membership,
    streams,
    userState: deps.userState,
  });
  const responder = new Responder(foundation);
  const { onUserMessage } = outputs;
  const ownPort = () => table.self.port;
  const inbox = new Inbox({
    ...foundation,
    responder,
    membership,
    exchange,
    onUserMessage,
    ownPort,
  });
  const server = new StreamServer({
    ...foundation,
    answer: (question, from) => inbox.question(question, from),
  });
  const detector = new FailureDetector({ ...foundation, membership, streams });
  const resolver = new AddressResolver({
    resolveHost: deps.resolveHost ?? systemResolveHost,
    defaultPort: config.bind.port,
    problems,
  });
  const contacts = config.bootstrap ?? [];
  const bootstrapper = new Bootstrapper(
    { ...foundation, membership, resolver, exchange },
    contacts,
  );
  return {
    ...foundation,
    dissemination,
    membership,
    streams,
    exchange,
    responder,
    inbox,
    server,
    detector,
    resolver,
    bootstrapper,
  };
}

/** What does not depend on the protocol's roles. */
function createFoundation(config: GossipConfig, deps: GossipDeps, outputs: NodeOutputs) {
  const settings = checkedSettings(config);
  const clock = deps.clock ?? systemClock;
  const random = deps.random ?? systemRandom;
  const transport = deps.transport ?? new SocketTransport(config.bind);
  const { keyring } = config;
  const problems = new Problems(clock, outputs.onProblem);
  const guard = new FloodGuard({ clock, problems });
  const awareness = new Awareness({
    maxMultiplier: settings.awarenessMaxMultiplier,
    slowLoopMs: settings.slowLoopMs,
  });
  const table = new MemberTable(ownRecord(config, settings, clock.nowMs()), outputs.onEvent);
  const packets = new PacketPort({ settings, transport, keyring, problems, guard });
  const answers = new AwaitedAnswers();
  return {
    settings,
    clock,
    random,
    transport,
    keyring,
    problems,
    guard,
    awareness,
    table,
    packets,
    answers,
  };
}

function ownRecord(config: GossipConfig, settings: GossipSettings, nowMs: number): MemberRecord {
  const { addr, port } = config.advertise ?? config.bind;
  return {
    name: config.name,
    addr: ipToBytes(addr) ?? new Uint8Array(4),
    port,
    meta: checkedMeta(config.meta ?? new Uint8Array(0)),
    vsn: ownVersions(settings.delegate),
    incarnation: 1,
    state: 'alive',
    stateChangedAtMs: nowMs,
  };
}
