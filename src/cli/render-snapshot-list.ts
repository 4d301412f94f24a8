import { harmlessLines } from '../errors/shown.ts';
import type { Listing } from '../snapshots/catalogue/read-catalogue.ts';
import type { SnapshotEntry } from '../snapshots/catalogue/snapshot-entry.ts';
import type { SnapshotProof } from '../snapshots/catalogue/snapshot-record.ts';
import { ageInWords, sizeInWords } from './amounts.ts';
import { table } from './table.ts';

const header = [
  'ID',
  'TAKEN',
  'AGE',
  'REVISION',
  'SIZE',
  'LINEAGE',
  'ETCD',
  'PROVEN',
  'ENCRYPTED',
  'TRIGGER',
];

/** What a store holds, as a table, and where that is. */
export function renderSnapshots(
  { entries, unfinished }: Pick<Listing, 'entries' | 'unfinished'>,
  { place, nowMs }: { readonly place: string; readonly nowMs: number },
): string {
  const lines =
    entries.length === 0
      ? [`There is no snapshot in ${place}.`]
      : table(
          header,
          entries.map((entry) => row(entry, nowMs)),
        );
  if (unfinished.length > 0) {
    const counted = unfinished.length === 1 ? 'One upload is' : `${unfinished.length} uploads are`;
    lines.push('', `${counted} not finished: ${unfinished.map(({ id }) => id).join(', ')}.`);
  }
  return harmlessLines(`${lines.join('\n')}\n`);
}

function row(entry: SnapshotEntry, nowMs: number): readonly string[] {
  const { id, takenAt, storedBytes } = entry;
  const common = [id, takenAt, ageInWords(nowMs - Date.parse(takenAt))];
  const size = sizeInWords(storedBytes);
  if (entry.kind === 'e2d') {
    const { revision, lineage, etcdVersion, encryptionKeyId, trigger } = entry.record;
    const proven = proofInWords(entry.proof, nowMs);
    const encrypted = encryptionKeyId === null ? 'no' : 'yes';
    return [...common, `${revision}`, size, lineage, etcdVersion, proven, encrypted, trigger];
  }
  const etcd = entry.kind === 'etcd-manager' ? entry.etcdVersion : '?';
  const origin = entry.kind === 'etcd-manager' ? 'etcd-manager' : 'first e2d';
  return [...common, '?', size, '?', etcd, '-', '?', `(${origin})`];
}

function proofInWords(proof: SnapshotProof | null, nowMs: number): string {
  if (proof === null) return '-';
  const age = `${ageInWords(nowMs - Date.parse(proof.provenAt))} ago`;
  return proof.outcome === 'proven' ? age : `FAILED ${age}`;
}
