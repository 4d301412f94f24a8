import { defectOf } from './defects.ts';
import { currentLineage, type Judged } from './lineages.ts';
import type { SnapshotEntry } from './snapshot-entry.ts';

export interface CandidatesRequest {
  readonly entries: readonly SnapshotEntry[];
  /** The lineage of this cluster, where one of its nodes still knows it. */
  readonly lineage: string | null;
  /** Of the etcd that is installed here, e.g. `3.6.14`. */
  readonly etcdVersion: string;
  /** Of the keys that are at hand. */
  readonly keyIds: readonly string[];
}

export interface PassedOver {
  readonly id: string;
  /** Why it was not taken. */
  readonly sentence: string;
}

export interface Candidates {
  /** The one to restore first, then those to fall back on. */
  readonly candidates: readonly SnapshotEntry[];
  /** By the id of each candidate, why it may be restored. */
  readonly reasons: ReadonlyMap<string, string>;
  readonly passedOver: readonly PassedOver[];
  /** The lineages between which a person has to choose: then there are no candidates. */
  readonly ambiguous: readonly string[] | null;
}

/** Which snapshots a lost cluster may come back from, as far as the catalogue can tell. */
export function candidatesFor(request: CandidatesRequest): Candidates {
  const current = currentLineage(request.entries, request.lineage);
  if (current.kind === 'ambiguous') {
    return { candidates: [], reasons: new Map(), passedOver: [], ambiguous: current.leaves };
  }
  const fit: Judged[] = [];
  const passedOver: PassedOver[] = [];
  for (const judged of current.order) {
    const obstacle = obstacleTo(judged.entry, request);
    if (obstacle === null) fit.push(judged);
    else passedOver.push({ id: judged.entry.id, sentence: obstacle });
  }
  for (const { entry, sentence } of current.outside) passedOver.push({ id: entry.id, sentence });
  return {
    candidates: fit.map(({ entry }) => entry),
    reasons: new Map(fit.map(({ entry, sentence }) => [entry.id, sentence])),
    passedOver,
    ambiguous: null,
  };
}

function obstacleTo(entry: SnapshotEntry, request: CandidatesRequest): string | null {
  return (
    defectOf(entry) ?? versionObstacle(entry, request.etcdVersion) ?? keyObstacle(entry, request)
  );
}

/** Data of a newer etcd must not be tried with an older one; patches do not change the data. */
export function versionObstacle(entry: SnapshotEntry, installed: string): string | null {
  if (entry.kind === 'single') return null;
  const version = entry.kind === 'e2d' ? entry.record.etcdVersion : entry.etcdVersion;
  const theirs = minorOf(version);
  const ours = minorOf(installed);
  if (theirs === null) return `It does not say of which etcd it is: "${version}" is no version.`;
  if (ours === null) return `It is of etcd ${version}, and "${installed}" here is no version.`;
  if (theirs.major < 3) return `It is of etcd ${version}, whose data etcd 3 cannot restore.`;
  const newer =
    theirs.major > ours.major || (theirs.major === ours.major && theirs.minor > ours.minor);
  return newer ? `It is of etcd ${version}, newer than the ${installed} that is here.` : null;
}

function minorOf(version: string): { major: number; minor: number } | null {
  const [, major, minor] = /^v?(\d+)\.(\d+)(?:[.+-]|$)/.exec(version) ?? [];
  return major === undefined ? null : { major: Number(major), minor: Number(minor) };
}

function keyObstacle(entry: SnapshotEntry, { keyIds }: CandidatesRequest): string | null {
  const keyId = entry.kind === 'e2d' ? entry.record.encryptionKeyId : null;
  if (keyId === null || keyIds.includes(keyId)) return null;
  const held = keyIds.length === 0 ? 'no key is at hand' : `at hand: ${keyIds.join(', ')}`;
  return `It is encrypted with the key ${keyId}; ${held}.`;
}
