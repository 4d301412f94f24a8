import type { DelegateVersions } from './versions.ts';
import type { Keyring } from './wire/keyring.ts';

/** The knobs of the protocol. Those of memberlist keep its meaning and its LAN defaults. */
export interface GossipSettings {
  /**
   * Pause between two probes. Shorter finds failures sooner (everything about detection scales
   * with it) and costs one ping and one ack per node and interval.
   */
  readonly probeIntervalMs: number;
  /**
   * Wait for a direct answer before asking others to probe for us. Set it above the network's
   * 99th percentile; too short wastes indirect probes, too long leaves them no time.
   */
  readonly probeTimeoutMs: number;
  /**
   * Others asked to probe a silent node. More forgive more lossy links, and cost that many packets.
   */
  readonly indirectChecks: number;
  /** Whether a silent node is also pinged over TCP, which hides a network that drops only UDP. */
  readonly tcpFallbackPing: boolean;
  /**
   * A suspect is declared dead after `suspicionMult × max(1, log10(nodes)) × probeIntervalMs` at
   * the earliest. Higher gives a slow node more time to refute, and finds real failures later.
   */
  readonly suspicionMult: number;
  /** The longest suspicion, as a multiple of the shortest, while nobody else confirms it. */
  readonly suspicionMaxTimeoutMult: number;
  /** How far our own bad health may stretch our probes. Higher accuses less and detects later. */
  readonly awarenessMaxMultiplier: number;
  /** Delay of our own event loop from which on we count as slow and accuse nobody. */
  readonly slowLoopMs: number;
  /**
   * Pause between two rounds of gossip while there is news. Shorter spreads faster in more packets.
   */
  readonly gossipIntervalMs: number;
  /** Nodes told per round. More spread faster, at one packet each. */
  readonly gossipNodes: number;
  /**
   * Fresh news is sent at once unless a round was sent less than this long ago. Shorter spreads
   * bursts faster; it is the bound on rounds per second while news keeps coming.
   */
  readonly eagerGossipMs: number;
  /**
   * News is sent `retransmitMult × ceil(log10(nodes + 1))` times, and once more to `gossipNodes`.
   * Higher survives more loss, in more packets.
   */
  readonly retransmitMult: number;
  /**
   * How long dead nodes are still told news (so that they can refute) and are remembered. Longer
   * heals longer partitions by itself, and blocks the name from other addresses for longer.
   */
  readonly gossipToTheDeadTimeMs: number;
  /**
   * After this long a dead node's name may be taken by another address; 0 means only once it was
   * forgotten. Lower lets a replacement in sooner, and a misconfigured name-sake too.
   */
  readonly deadNodeReclaimTimeMs: number;
  /**
   * Pause between two full exchanges with a random node; repairs lost gossip. One connection each.
   */
  readonly pushPullIntervalMs: number;
  /** Bound on one whole TCP exchange. */
  readonly tcpTimeoutMs: number;
  /** Streams served at the same time; more are turned away. */
  readonly maxStreams: number;
  /** Largest datagram we send. Above the path's MTU packets are fragmented and lost more easily. */
  readonly udpBufferBytes: number;
  /** Whether what we send is compressed when that makes it shorter. Costs CPU, saves bytes. */
  readonly compress: boolean;
  /**
   * What a node with keys does without them, while a pool changes over to encryption: on every node
   * `sent` (and accepted), then `accepted`, then `refused`.
   */
  readonly plaintext: 'refused' | 'accepted' | 'sent';
  /** Delays between attempts to reach a bootstrap address while nobody else is known. */
  readonly bootstrapMinDelayMs: number;
  readonly bootstrapMaxDelayMs: number;
  /**
   * Delays between attempts at bootstrap addresses that are no alive members while others are:
   * what merges two halves of a pool that have forgotten each other. Longer costs less while a
   * bootstrap address is really gone, and merges later.
   */
  readonly mergeMinDelayMs: number;
  readonly mergeMaxDelayMs: number;
  /** Nodes remembered at most; a bound on what a hostile peer can make us keep. */
  readonly maxNodes: number;
  /** The application's protocol versions; one pool must agree. Serf agents want `SERF_DELEGATE`. */
  readonly delegate: DelegateVersions;
}

/** memberlist's LAN profile, and our own additions. */
export const LAN_SETTINGS: GossipSettings = {
  probeIntervalMs: 1000,
  probeTimeoutMs: 500,
  indirectChecks: 3,
  tcpFallbackPing: true,
  suspicionMult: 4,
  suspicionMaxTimeoutMult: 6,
  awarenessMaxMultiplier: 8,
  slowLoopMs: 250,
  gossipIntervalMs: 200,
  gossipNodes: 3,
  eagerGossipMs: 20,
  retransmitMult: 4,
  gossipToTheDeadTimeMs: 30_000,
  deadNodeReclaimTimeMs: 0,
  pushPullIntervalMs: 30_000,
  tcpTimeoutMs: 10_000,
  maxStreams: 64,
  udpBufferBytes: 1400,
  compress: true,
  plaintext: 'refused',
  bootstrapMinDelayMs: 100,
  bootstrapMaxDelayMs: 10_000,
  mergeMinDelayMs: 1000,
  mergeMaxDelayMs: 15_000,
  maxNodes: 4096,
  delegate: { min: 0, max: 0, current: 0 },
};

/** What a node must announce to live in a pool of serf agents. */
export const SERF_DELEGATE: DelegateVersions = { min: 2, max: 5, current: 5 };

/** The keys that what we send is encrypted with: none, as long as plaintext is sent. */
export function sendingKeys({
  keyring,
  settings,
}: {
  readonly keyring: Keyring | undefined;
  readonly settings: Pick<GossipSettings, 'plaintext'>;
}): Keyring | undefined {
  return settings.plaintext === 'sent' ? undefined : keyring;
}
