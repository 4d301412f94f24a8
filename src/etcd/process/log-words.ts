import { z } from 'zod';
import { harmless } from '../../errors/shown.ts';

/** One line of etcd's log that bears on why it ended. */
export interface LastWord {
  /** Message, error and the other fields, as one line for matching and for a person. */
  readonly text: string;
  readonly fatal: boolean;
}

const logLine = z.looseObject({ level: z.string(), msg: z.string(), error: z.string().optional() });

const mismatchLine = z.object({
  'local-member-cluster-id': z.string(),
  'remote-peer-cluster-id': z.string(),
});

/** Warnings and errors after which etcd ends; all others are an ordinary day's news. */
const farewells = new Set([
  'bootstrap failed',
  'failed to start',
  'failed to start etcd',
  'failed to verify flags',
  'server error',
]);

/** What the Go runtime and the flag parser print; the usage text that follows is left out. */
const plainFarewell =
  /^(?:panic: |fatal error: |unexpected fault |flag |invalid (?:boolean )?value |SIG[A-Z]+: )/;
const maxTextLength = 4000;

/** The last words in a log tail, oldest first; where a panic was raised comes before them all. */
export function lastWords(tail: string): readonly LastWord[] {
  const words = tail
    .split('\n')
    .map(wordOf)
    .filter((word) => word !== null);
  const raisedAt = firstFrame(tail);
  if (raisedAt === null) return words;
  return [{ text: `raised in ${raisedAt}`, fatal: true }, ...words];
}

/**
 * The function that panicked or touched memory that is not there, below the Go runtime's own
 * frames. A database cut short shows in no message: bbolt reads past its end, or stumbles over what
 * it finds.
 */
function firstFrame(tail: string): string | null {
  const start = tail.search(/^(?:panic: |unexpected fault )/m);
  if (start < 0) return null;
  const [, stack] = tail.slice(start).split(/^goroutine \d+ .*\[running.*\]:$/m, 2);
  const frames = (stack ?? '').split('\n').filter((line) => /^\S+\(/.test(line));
  return frames.find((frame) => !/^(?:runtime\.|panic\()/.test(frame))?.slice(0, 200) ?? null;
}

/** Whether etcd was told by a signal to stop and did. */
export function stoppedBySignal(tail: string): boolean {
  return tail.includes('received signal; shutting down');
}

/**
 * The cluster ids in the newest complaint about a peer of another cluster; null when there is none.
 */
export function clusterIdMismatch(
  tail: string,
): { readonly ownClusterId: string; readonly peerClusterId: string } | null {
  const line = tail.split('\n').findLast((text) => text.includes('request cluster ID mismatch'));
  const parsed = mismatchLine.safeParse(jsonOrNull(line ?? ''));
  if (!parsed.success) return null;
  const { 'local-member-cluster-id': ownClusterId, 'remote-peer-cluster-id': peerClusterId } =
    parsed.data;
  return { ownClusterId, peerClusterId };
}

function wordOf(line: string): LastWord | null {
  if (!line.startsWith('{')) {
    return plainFarewell.test(line)
      ? { text: harmless(line.slice(0, maxTextLength)), fatal: true }
      : null;
  }
  const parsed = logLine.safeParse(jsonOrNull(line));
  if (!parsed.success) return null;
  const { level, msg, error, ...fields } = parsed.data;
  const fatal = level === 'fatal' || level === 'panic' || level === 'dpanic';
  if (!fatal && !farewells.has(msg)) return null;
  const others = Object.entries(fields)
    .filter(([name]) => !['ts', 'caller', 'stacktrace', 'logger'].includes(name))
    .map(([name, value]) => `${name}=${valueText(value)}`);
  const text = [error === undefined ? msg : `${msg}: ${error}`, ...others].join(' ');
  return { text: harmless(text.slice(0, maxTextLength)), fatal };
}

/** What nests too deep to be written again says nothing that a person would read. */
function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value);
  } catch {
    return '?';
  }
}

function jsonOrNull(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
