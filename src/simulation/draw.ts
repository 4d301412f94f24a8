import type { Fault, FaultKind } from './faults.ts';
import { faultKinds } from './faults.ts';
import { SeededRandom } from './seeded-random.ts';
import type { ClusterDraft } from './world.ts';

/** What a seed stands for: a cluster, and what befalls it. */
export interface Scenario {
  readonly seed: number;
  readonly draft: ClusterDraft;
  readonly faults: readonly Fault[];
}

/** A run lasts this long: with faults at first, then healed. */
export const durationMs = 300_000;
/** No fault begins or lasts beyond it. */
export const healAtMs = 150_000;

export function drawScenario(seed: number): Scenario {
  const random = new SeededRandom(seed);
  const draft = drawDraft(random);
  return { seed, draft, faults: drawFaults(random, draft) };
}

function drawDraft(random: SeededRandom): ClusterDraft {
  return {
    size: random.pick([1, 3, 3, 3, 3, 5, 5, 5]),
    healthCheckTimeoutMs: random.pick([5_000, 10_000, 20_000]),
    learnerTimeoutMs: random.pick([5_000, 15_000]),
    maxRemovalsPerHour: random.pick([0, 1, 2, 3, 3]),
    bootstrapTimeoutMs: random.pick([20_000, 60_000, 1_800_000]),
    onExit: random.pick(['stop-etcd', 'keep-etcd']),
    snapshots: random.chance(0.6) ? drawSnapshots(random) : null,
  };
}

function drawSnapshots(random: SeededRandom): ClusterDraft['snapshots'] {
  return {
    intervalMs: random.pick([5_000, 10_000, 30_000]),
    restorePolicy: random.pick(['auto', 'auto', 'manual']),
    verifyIntervalMs: random.pick([null, 20_000, 60_000]),
    keepAllMs: random.pick([10_000, 3_600_000]),
    keepCount: random.pick([null, 2, 5]),
  };
}

/** What makes no sense where there is no store. */
const ofStore: readonly FaultKind[] = [
  'store-down',
  'store-slow',
  'store-flaky',
  'store-stale',
  'snapshot-corrupt',
  'snapshot-foreign',
  'restore-crash',
  'operator-restore',
  'operator-approve',
];

/** In these a cluster is lost as a whole, so that a restore has to follow. */
const losses = ['total-loss', 'total-loss', 'operator-restore', 'operator-rebuild'] as const;

/** Each seed has its own mix: some kinds are not drawn at all, and others all the more often. */
function drawFaults(random: SeededRandom, { size, snapshots }: ClusterDraft): readonly Fault[] {
  const sensible = faultKinds.filter((kind) => snapshots !== null || !ofStore.includes(kind));
  const mix = sensible.filter(() => random.chance(0.35));
  const kinds: readonly FaultKind[] = mix.length === 0 ? sensible : mix;
  const beginMs = random.pick([0, 0, 5_000, 20_000]);
  const count = random.integer(3, 18);
  const isLost = snapshots !== null && random.chance(0.5);
  const wanted = Array.from({ length: count }, (_, at) =>
    at === 0 && isLost ? random.pick(losses) : random.pick(kinds),
  );
  return wanted
    .map((kind, at) => {
      const from = at === 0 && isLost ? 30_000 : beginMs;
      const atMs = random.integer(from, healAtMs - 10_000);
      const longest = Math.min(random.pick([3_000, 15_000, 60_000]), healAtMs - atMs);
      const order = Array.from({ length: size }, (_, index) => ({ index, key: random.next() }));
      const involved = random.integer(1, Math.max(1, size - 1));
      return {
        kind,
        atMs,
        forMs: random.integer(500, Math.max(500, longest)),
        machines: order
          .sort((a, b) => a.key - b.key)
          .slice(0, involved)
          .map(({ index }) => index),
        strength: random.next(),
      };
    })
    .sort((a, b) => a.atMs - b.atMs);
}
