/** What the model of etcd takes from the simulated world: time, chance and the network. */
export interface EtcdWorld {
  readonly clock: EtcdClock;
  /** A number in [0, 1). */
  readonly random: { next(): number };
  /**
   * Whether bytes get from one host (an IP address or a name) to another now; partitions may be
   * one-way. Whoever changes an answer of this then calls `EtcdModel.linksChanged`.
   */
  reaches(from: string, to: string): boolean;
  /** The one-way latency of one message sent now. */
  latencyMs(from: string, to: string): number;
}

export interface EtcdClock {
  nowMs(): number;
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** The host of a URL such as `http://10.0.0.1:2380`. */
export function hostOf(url: string): string {
  const host = hosts.get(url) ?? new URL(url).hostname;
  hosts.set(url, host);
  return host;
}

const hosts = new Map<string, string>();
