import type {
  LastSnapshotReport,
  ProofReport,
  RetentionReport,
  SnapshotReport,
} from '../../machines/status-report.ts';
import { ageInWords, sizeInWords } from './amounts.ts';

/** Snapshots in `e2d status`; no lines where no store is configured. */
export function snapshotLines(report: SnapshotReport | null): string[] {
  const [first, ...others] = snapshotSentences(report);
  return first === undefined
    ? []
    : [`Snapshots: ${first}`, ...others.map((sentence) => `  ${sentence}`)];
}

/** What a node says of snapshots, the state first; nothing where no store is configured. */
export function snapshotSentences(report: SnapshotReport | null): readonly string[] {
  if (report === null) return [];
  const { state, last, failures, fault, proof, retention } = report;
  if (state === 'idle') return ['are taken by the node that leads'];
  return [
    `${state}; ${last === null ? 'none was taken by this node yet' : lastInWords(last)}`,
    ...(failures === 0 ? [] : [`failed ${failures} in a row: ${withoutStop(fault ?? 'unknown')}`]),
    proof === null ? 'none is known to be proven yet' : proofInWords(proof, report),
    ...(retention === null ? [] : [retentionInWords(retention)]),
  ];
}

function lastInWords({ id, revision, storedBytes, ageMs }: LastSnapshotReport): string {
  const facts = `revision ${revision}, ${sizeInWords(storedBytes)}, ${ageInWords(ageMs)} ago`;
  return `the last is ${id} (${facts})`;
}

function proofInWords(
  { snapshotId, outcome, sentence, ageMs, rtoSeconds }: ProofReport,
  { proofOverdue }: SnapshotReport,
): string {
  const came = outcome === 'proven' ? 'was proven' : 'FAILED its proof';
  const rto = rtoSeconds === null ? '' : `; a restore takes ${rtoSeconds.toFixed(1)} s`;
  const overdue = proofOverdue ? '; the next proof is overdue' : '';
  return `${snapshotId} ${came} ${ageInWords(ageMs)} ago: ${withoutStop(sentence)}${rto}${overdue}`;
}

function retentionInWords({ kept, removed, refusal, ageMs }: RetentionReport): string {
  return refusal === null
    ? `retention kept ${kept} and removed ${removed}, ${ageInWords(ageMs)} ago`
    : `retention refused to remove any, ${ageInWords(ageMs)} ago: ${withoutStop(refusal)}`;
}

function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, '');
}
