import { defectOf } from './defects.ts';
import { utcSeconds } from './layout.ts';
import type { SnapshotEntry } from './snapshot-entry.ts';
import { byRevision, type E2dEntry, isE2dEntry, takenAtMs } from './snapshot-order.ts';
import type { RetentionPolicy } from './snapshot-record.ts';

export interface RetentionRequest {
  readonly entries: readonly SnapshotEntry[];
  /** Nothing of another lineage is ever let go (S6). */
  readonly lineage: string;
  readonly policy: RetentionPolicy;
  readonly nowMs: number;
  /** Proven by other means than a proof in the store. */
  readonly newestVerifiedId?: string | null;
  /** An operator's word: go on where the plan would be refused. */
  readonly force?: boolean;
}

export interface Verdict {
  readonly id: string;
  readonly keep: boolean;
  /** A sentence. */
  readonly reason: string;
}

export interface RetentionPlan {
  /** One for each snapshot that e2d took of the lineage, the newest first. */
  readonly verdicts: readonly Verdict[];
  /** Why nothing may go, although the policy would have it so; null: it may. */
  readonly refusal: string | null;
}

/** What does not depend on a policy. The entries are of one lineage, the newest first. */
interface Standing {
  readonly entries: readonly E2dEntry[];
  readonly nowMs: number;
  /** Those that always stay, and why. */
  readonly always: ReadonlyMap<E2dEntry, string>;
  readonly firstOfHour: ReadonlySet<E2dEntry>;
  readonly firstOfDay: ReadonlySet<E2dEntry>;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Fewer snapshots than this going at once is no alarm, whatever share of them it is. */
const ALARMING_COUNT = 5;

/**
 * Which snapshots stay: all of the latest time, then the earliest in each hour, then the earliest
 * in each day (UTC), and of these the newest `count`. A change of policy that would suddenly take
 * most of what was promised when it was taken is refused.
 */
export function planRetention(request: RetentionRequest): RetentionPlan {
  const { policy, lineage, force = false } = request;
  const standing = standingOf(request);
  const { entries } = standing;
  const kept = keptUnder(policy, standing);
  const verdicts = entries.map((entry): Verdict => {
    const reason = kept.get(entry);
    return reason === undefined
      ? { id: entry.id, keep: false, reason: whyDropped(entry, policy, standing) }
      : { id: entry.id, keep: true, reason };
  });
  const withdrawn = withdrawnFrom(standing, kept);
  if (force || withdrawn < ALARMING_COUNT || withdrawn * 2 <= entries.length) {
    return { verdicts, refusal: null };
  }
  const refusal =
    `Nothing is removed (S6): ${withdrawn} of the ${entries.length} snapshots of lineage ` +
    `${lineage} would go that the policy under which they were taken still keeps.`;
  return { verdicts: verdicts.map(stayAll), refusal };
}

function standingOf({ entries, lineage, nowMs, newestVerifiedId }: RetentionRequest): Standing {
  const own = entries
    .filter(isE2dEntry)
    .filter(({ record }) => record.lineage === lineage)
    .sort(byRevision);
  const sound = own.filter((entry) => defectOf(entry) === null);
  const firsts = (unitMs: number) =>
    new Set([...firstOfEach(unitMs, own), ...firstOfEach(unitMs, sound)]);
  const always = new Map<E2dEntry, string>();
  const stays = (entry: E2dEntry | undefined, reason: string) => {
    if (entry !== undefined && !always.has(entry)) always.set(entry, reason);
  };
  stays(own[0], 'It is the newest of its lineage.');
  stays(sound[0], 'It is the newest of its lineage that nothing is known to be wrong with.');
  const proven = own.find(({ proof }) => proof?.outcome === 'proven');
  stays(proven, 'It is the newest of its lineage that was proven.');
  stays(
    own.find(({ id }) => id === newestVerifiedId),
    'It is the newest of its lineage that was verified.',
  );
  for (const entry of own) {
    if (takenAtMs(entry) > nowMs) stays(entry, 'It was taken later than it is by the clock here.');
  }
  return {
    entries: own,
    nowMs,
    always,
    firstOfHour: firsts(HOUR_MS),
    firstOfDay: firsts(DAY_MS),
  };
}

function firstOfEach(unitMs: number, newestFirst: readonly E2dEntry[]): Iterable<E2dEntry> {
  const firsts = new Map<number, E2dEntry>();
  for (const entry of newestFirst) {
    const unit = Math.floor(takenAtMs(entry) / unitMs);
    const first = firsts.get(unit);
    if (first === undefined || takenAtMs(entry) <= takenAtMs(first)) firsts.set(unit, entry);
  }
  return firsts.values();
}

function keptUnder(policy: RetentionPolicy, standing: Standing): ReadonlyMap<E2dEntry, string> {
  const kept = new Map<E2dEntry, string>();
  const most = policy.count ?? Number.POSITIVE_INFINITY;
  for (const entry of standing.entries) {
    const always = standing.always.get(entry);
    const reason = always ?? (kept.size < most ? whyByAge(entry, policy, standing) : null);
    if (reason !== null) kept.set(entry, reason);
  }
  return kept;
}

function whyByAge(entry: E2dEntry, policy: RetentionPolicy, standing: Standing): string | null {
  const ageMs = standing.nowMs - takenAtMs(entry);
  if (ageMs <= policy.allMs) return `All of the last ${inWords(policy.allMs)} are kept.`;
  if (ageMs <= policy.hourlyMs && standing.firstOfHour.has(entry)) {
    return `It is the first of its hour (${hourOf(entry)}), kept for ${inWords(policy.hourlyMs)}.`;
  }
  if (ageMs <= policy.dailyMs && standing.firstOfDay.has(entry)) {
    return `It is the first of its day (${dayOf(entry)}), kept for ${inWords(policy.dailyMs)}.`;
  }
  return null;
}

function whyDropped(entry: E2dEntry, policy: RetentionPolicy, standing: Standing): string {
  if (whyByAge(entry, policy, standing) !== null) {
    return `There are ${policy.count} newer ones, and no more than that are kept.`;
  }
  const ageMs = standing.nowMs - takenAtMs(entry);
  if (ageMs <= policy.hourlyMs) return `It is not the first of its hour (${hourOf(entry)}).`;
  if (ageMs <= policy.dailyMs) return `It is not the first of its day (${dayOf(entry)}).`;
  const longestMs = Math.max(policy.allMs, policy.hourlyMs, policy.dailyMs);
  return `It is older than ${inWords(longestMs)}.`;
}

/** How many go that would stay under the very policy that was in force when they were taken. */
function withdrawnFrom(standing: Standing, kept: ReadonlyMap<E2dEntry, string>): number {
  const under = new Map<string, ReadonlyMap<E2dEntry, string>>();
  return standing.entries.filter((entry) => {
    const { retention } = entry.record;
    const name = JSON.stringify(retention);
    const promised = under.get(name) ?? keptUnder(retention, standing);
    under.set(name, promised);
    return promised.has(entry) && !kept.has(entry);
  }).length;
}

function stayAll(verdict: Verdict): Verdict {
  if (verdict.keep) return verdict;
  const reason = `It stays because the plan is refused; else: ${verdict.reason}`;
  return { ...verdict, keep: true, reason };
}

const hourOf = (entry: E2dEntry): string =>
  `${utcSeconds(takenAtMs(entry)).slice(0, 13).replace('T', ' ')} h UTC`;
const dayOf = (entry: E2dEntry): string => `${utcSeconds(takenAtMs(entry)).slice(0, 10)} UTC`;

/** `7 d`, `90 m`: in the largest unit that tells it exactly. */
function inWords(durationMs: number): string {
  const units = { d: DAY_MS, h: HOUR_MS, m: 60_000, s: 1000 };
  for (const [unit, unitMs] of Object.entries(units)) {
    if (durationMs >= unitMs && durationMs % unitMs === 0) return `${durationMs / unitMs} ${unit}`;
  }
  return `${durationMs} ms`;
}
