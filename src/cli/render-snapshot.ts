import type { SnapshotEntry } from '../snapshots/catalogue/snapshot-entry.ts';
import type { SnapshotProof, SnapshotRecord } from '../snapshots/catalogue/snapshot-record.ts';
import { ageInWords, sizeInWords } from './amounts.ts';

export interface SnapshotView {
  readonly place: string;
  readonly nowMs: number;
  readonly chances: { readonly sentence: string };
}

export type Row = readonly [name: string, value: string];

/** All that is known of one snapshot, a fact a line. */
export function renderSnapshot(entry: SnapshotEntry, view: SnapshotView): string {
  const { id, takenAt, storedBytes } = entry;
  const age = ageInWords(view.nowMs - Date.parse(takenAt));
  const rows: Row[] = [
    ['id', id],
    ['store', view.place],
    [
      'taken',
      `${takenAt}, ${age} ago${entry.kind === 'e2d' ? `, by ${byWhom(entry.record)}` : ''}`,
    ],
    ...(entry.kind === 'e2d' ? ownRows(entry.record) : foreignRows(entry)),
    ['in the store', `${storedBytes} bytes now`],
    ['proof', entry.kind === 'e2d' ? proofInWords(entry.proof, view.nowMs) : 'none is kept of it'],
    ['restored?', view.chances.sentence],
  ];
  return linesOf(rows);
}

/** Rows as lines, the names one below another. */
export function linesOf(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('');
}

const triggers: Readonly<Record<SnapshotRecord['trigger'], string>> = {
  interval: 'the clock',
  request: 'request',
  'before-change': 'caution before a change',
  'after-restore': 'the restore before it',
};

function byWhom({ trigger, e2dVersion }: SnapshotRecord): string {
  return `${triggers[trigger]} (e2d ${e2dVersion})`;
}

function ownRows(record: SnapshotRecord): Row[] {
  const { lineage, parent, revision, raftTerm, raftIndex, requiredSize, etcdVersion } = record;
  const { stored, content, compression, encryptionKeyId, hashKv, members } = record;
  const key = encryptionKeyId === null ? 'not encrypted' : `encrypted with key ${encryptionKeyId}`;
  return [
    ['lineage', lineage],
    ['parent', parentInWords(parent)],
    ['revision', `${revision} (raft term ${raftTerm}, index ${raftIndex})`],
    ['etcd', etcdVersion],
    ['cluster', `of ${requiredSize}`],
    ...members.map(
      ({ name, id, peerUrls, learner }, index): Row => [
        index === 0 ? 'members' : '',
        `${name} (${id}${learner ? ', learner' : ''}) ${peerUrls.join(' ')}`,
      ],
    ),
    ['content', `${content.sizeBytes} bytes (${sizeInWords(content.sizeBytes)})`],
    ['', `SHA-256 ${content.sha256}`],
    ['stored', `${stored.sizeBytes} bytes, ${compression === 'gzip' ? 'gzip' : 'plain'}, ${key}`],
    ['', `SHA-256 ${stored.sha256}`],
    ['hash of keys', hashInWords(hashKv)],
  ];
}

function parentInWords(parent: SnapshotRecord['parent']): string {
  if (parent === null) return 'none: this lineage was bootstrapped';
  const { lineage, snapshotId, revision } = parent;
  return `${lineage ?? 'unknown'}, restored from ${snapshotId} at revision ${revision}`;
}

function hashInWords(hash: SnapshotRecord['hashKv']): string {
  if (hash === null) return 'none was recorded';
  return `${hash.hash} at revision ${hash.revision}, compacted to ${hash.compactRevision}`;
}

function foreignRows(entry: Exclude<SnapshotEntry, { kind: 'e2d' }>): Row[] {
  return entry.kind === 'etcd-manager'
    ? [
        ['origin', 'an etcd-manager: its lineage, revision and hash are not known beforehand'],
        ['etcd', entry.etcdVersion],
      ]
    : [['origin', 'the first e2d: its one object, which is read and never written']];
}

function proofInWords(proof: SnapshotProof | null, nowMs: number): string {
  if (proof === null) return 'none yet; it was read back when it was taken';
  const { outcome, provenAt, sentence, rtoMs, etcdVersion } = proof;
  const took = rtoMs === null ? '' : ` in ${(rtoMs / 1000).toFixed(1)} s`;
  const age = ageInWords(nowMs - Date.parse(provenAt));
  return `${outcome} ${age} ago (${provenAt}) with etcd ${etcdVersion}${took}: ${sentence}`;
}
