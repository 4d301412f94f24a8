import type { FeedLine } from './feed.ts';
import type { Processes } from './playground-node.ts';
import type { WriteFigures } from './writer.ts';

/** Everything that the playground shows, at one moment. */
export interface PlaygroundView {
  readonly elapsedMs: number;
  readonly nodes: readonly NodeView[];
  /** Index of the selected node. */
  readonly selected: number;
  readonly quorum: 'held' | 'lost' | 'unknown';
  readonly leader: string | null;
  readonly writes: WriteFigures;
  /** Writes per second of the last seconds, oldest first. */
  readonly rates: readonly number[];
  /** Oldest first. */
  readonly feed: readonly FeedLine[];
  readonly showsHelp: boolean;
}

export interface NodeView {
  readonly name: string;
  readonly processes: Processes;
  readonly isCut: boolean;
  /** What the members see of it. */
  readonly role: 'leader' | 'follower' | 'learner' | 'no member' | 'unknown';
  readonly health: 'healthy' | 'unhealthy' | 'unknown';
  /** What it says of itself; null while it does not answer. */
  readonly own: OwnView | null;
}

export interface OwnView {
  /** The chart's state in full, e.g. `active.running.(etcd.up.healthy ...)`. */
  readonly state: string;
  readonly path: string | null;
  readonly sinceMs: number;
  /** What it waits for, or would do next, with the rule. */
  readonly outlook: string;
}
