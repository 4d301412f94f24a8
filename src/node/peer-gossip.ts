import { distinctUntilChanged, map, type Observable, startWith } from 'rxjs';
import type { Peer } from '../../machines/facts.ts';
import type { Announcement } from '../../machines/node/announcement.ts';
import type { Endpoint, NodeConfig } from '../config/node-config.ts';
import { E2dError } from '../errors/e2d-error.ts';
import type { Gossip } from '../gossip/gossip-api.ts';
import type { GossipConfig } from '../gossip/gossip-config.ts';
import type { GossipView, Member } from '../gossip/view.ts';
import { decodeAnnouncement, encodeAnnouncement } from './announcement-codec.ts';

const leaveTimeoutMs = 1_500;
/** Anybody can send us what cannot be read. */
const mostWarnings = 5;

/** What a node's gossip is started with, over real sockets and simulated ones. */
export function poolConfig(config: NodeConfig, name: string): GossipConfig {
  const { gossip, bootstrapAddresses } = config;
  return {
    name,
    bind: { addr: gossip.host, port: gossip.port },
    advertise: { addr: gossip.advertise.host, port: gossip.advertise.port },
    bootstrap: bootstrapAddresses.map(hostPort),
    // A dead node's name is free at once: a machine that was replaced may keep its name.
    settings: { deadNodeReclaimTimeMs: 1, plaintext: plaintextAt(config) },
  };
}

/** Keys come with TLS: nodes that have them already and others go on hearing each other. */
function plaintextAt({ tls }: NodeConfig): 'refused' | 'accepted' | 'sent' {
  switch (tls?.migration ?? null) {
    case 'prepare':
      return 'sent';
    case 'switch':
      return 'accepted';
    case null:
      return 'refused';
  }
}

function hostPort({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The gossip pool as this project sees it: other nodes, each with what it announces of itself. */
export class PeerGossip {
  readonly name: string;
  readonly #gossip: Gossip;
  #hasLeft = false;

  private constructor(name: string, gossip: Gossip) {
    this.name = name;
    this.#gossip = gossip;
  }

  static async start(name: string, gossip: Gossip): Promise<PeerGossip> {
    await gossip.start();
    return new PeerGossip(name, gossip);
  }

  /** The other nodes now; whoever announces nothing that we can read is none of ours. */
  peers(): readonly Peer[] {
    return peersIn(this.#gossip.view());
  }

  /** The other nodes, now and whenever anything about one of them changes. */
  peers$(): Observable<readonly Peer[]> {
    return this.#gossip.events$.pipe(
      map(({ view }) => peersIn(view)),
      startWith(this.peers()),
      distinctUntilChanged((before, after) => JSON.stringify(before) === JSON.stringify(after)),
    );
  }

  /** Tells all others what this node is now. Throws `E2D_ANNOUNCEMENT_TOO_LONG`. */
  announce(announcement: Announcement): void {
    if (this.#hasLeft) return;
    const metadata = encodeAnnouncement(announcement);
    if (metadata === null) {
      throw new E2dError(
        `This node's name and addresses (${announcement.peerUrl}) are too long to be gossiped.`,
        { code: 'E2D_ANNOUNCEMENT_TOO_LONG', remedy: 'Use IP addresses or shorter host names.' },
      );
    }
    this.#gossip.setMetadata(metadata);
  }

  /** Sentences for the status: who has another key, and whether we are flooded. */
  warnings(): readonly string[] {
    const problems = this.#gossip.standingProblems().map(({ message }) => message);
    const more = problems.length - mostWarnings;
    const told = problems.slice(0, mostWarnings).map((message) => `gossip: ${message}`);
    return more > 0 ? [...told, `gossip: the same goes for ${more} other addresses`] : told;
  }

  setLocalDelay(delayMs: number): void {
    this.#gossip.setLocalDelay(delayMs);
  }

  /** Says good-bye, bounded in time, and ends. */
  async leave(): Promise<void> {
    this.#hasLeft = true;
    await this.#gossip.leave(leaveTimeoutMs);
    await this.#gossip.stop();
  }

  /** Ends without a word. */
  async stop(): Promise<void> {
    this.#hasLeft = true;
    await this.#gossip.stop();
  }
}

function peersIn(view: GossipView): readonly Peer[] {
  return [...view.members.values()].flatMap(peerOf).sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
}

function peerOf(member: Member): readonly Peer[] {
  const announced = member.isSelf ? null : decodeAnnouncement(member.meta);
  return announced === null ? [] : [{ ...announced, liveness: member.state }];
}
