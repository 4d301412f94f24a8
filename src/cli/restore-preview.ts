import type { StatusReport } from '../../machines/status-report.ts';
import type { SnapshotEntry } from '../snapshots/catalogue/snapshot-entry.ts';
import { ageInWords, sizeInWords } from './amounts.ts';
import type { RevisionRange } from './recovery-sources.ts';
import { rangeInWords } from './restore-receipt.ts';
import { table } from './table.ts';

export interface PreviewParts {
  readonly report: StatusReport;
  readonly entry: SnapshotEntry;
  /** Wall time. */
  readonly nowMs: number;
}

/** The revision of the member on this machine; null while it is not known. */
export function ownRevision({ members, etcd }: Pick<StatusReport, 'members' | 'etcd'>) {
  return members.find(({ id }) => id === etcd.memberId)?.revision ?? null;
}

/** What the cluster wrote after the snapshot; null where the two cannot be compared. */
export function leftBehindOf({ report, entry }: PreviewParts): RevisionRange | null {
  const revision = ownRevision(report);
  if (entry.kind !== 'e2d' || revision === null) return null;
  if (entry.record.lineage !== report.cluster.lineage) return null;
  return revision > entry.record.revision
    ? { from: entry.record.revision + 1, to: revision }
    : null;
}

/** A running cluster and the snapshot that it is to go back to, side by side. */
export function renderGoingBack(parts: PreviewParts): string {
  const { report, entry } = parts;
  return [
    ...sideBySide(parts),
    '',
    ...leftBehindLines(parts),
    'First e2d takes a fresh snapshot, which keeps all that is there then.',
    'While the cluster goes back, clients are shut out; what they write between the fresh snapshot',
    'and that moment is in neither: stop what writes before you go on.',
    `Data from before is moved aside on all ${report.cluster.requiredSize} nodes, never deleted.`,
    'Afterwards the cluster has a new lineage, and its revisions go on far above both.',
    ...(entry.kind === 'e2d' ? [] : ['Nothing is known of what this snapshot holds.']),
    '',
  ].join('\n');
}

/** A snapshot that a cluster without any data is to come back from. */
export function renderApproval(parts: PreviewParts): string {
  const { report, entry } = parts;
  const rows = [['snapshot', entry.id], ...snapshotFacts(parts).filter(([, fact]) => fact !== '?')];
  const width = Math.max(...rows.map(([name = '']) => name.length));
  return [
    ...rows.map(([name = '', fact]) => `${name.padEnd(width)}  ${fact}`),
    '',
    `No node has data: all ${report.cluster.requiredSize} restore this snapshot, as a new lineage.`,
    '',
  ].join('\n');
}

function sideBySide(parts: PreviewParts): string[] {
  const { report, entry } = parts;
  const { cluster, members } = report;
  const own = members.find(({ id }) => id === report.etcd.memberId);
  const now: Readonly<Record<string, string>> = {
    lineage: cluster.lineage ?? '?',
    revision: String(own?.revision ?? '?'),
    members: namesOf(members),
    taken: 'now',
    size: own?.dbSizeBytes == null ? '?' : sizeInWords(own.dbSizeBytes),
  };
  const rows = snapshotFacts(parts).map(([name, fact]) => [name, now[name] ?? '', fact]);
  return table(['', 'THE CLUSTER', `SNAPSHOT ${entry.id}`], rows);
}

function snapshotFacts({ entry, nowMs }: PreviewParts): readonly (readonly [string, string])[] {
  const record = entry.kind === 'e2d' ? entry.record : null;
  const proof = entry.kind === 'e2d' ? entry.proof : null;
  const age = (utc: string) => ageInWords(nowMs - Date.parse(utc));
  const proven =
    proof === null
      ? 'never'
      : `${proof.outcome === 'proven' ? 'yes' : 'FAILED'}, ${age(proof.provenAt)} ago`;
  return [
    ['lineage', record?.lineage ?? '?'],
    ['revision', String(record?.revision ?? '?')],
    ['members', record === null ? '?' : namesOf(record.members)],
    ['taken', `${age(entry.takenAt)} ago (${entry.takenAt})`],
    ['size', sizeInWords(record?.content.sizeBytes ?? entry.storedBytes)],
    ['keys', String(proof?.keys ?? '?')],
    ['proven', proven],
  ];
}

function leftBehindLines(parts: PreviewParts): readonly string[] {
  const { report, entry } = parts;
  if (entry.kind !== 'e2d' || entry.record.lineage !== report.cluster.lineage) {
    return [
      'This snapshot is not of the cluster’s lineage: EVERYTHING that the cluster holds is left behind.',
    ];
  }
  const range = leftBehindOf(parts);
  return [
    range === null
      ? 'Nothing is known to have been written after the snapshot.'
      : `What is left behind: ${rangeInWords(range)}, and what is written until then.`,
  ];
}

function namesOf(members: readonly { readonly name: string; readonly id: string }[]): string {
  if (members.length === 0) return '?';
  return members.map(({ name, id }) => (name === '' ? id : name)).join(', ');
}
