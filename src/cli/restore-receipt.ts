import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RestoreOrder } from '../../machines/facts.ts';
import type { InspectReport } from '../../machines/inspect-report.ts';
import { E2dError, textOf } from '../errors/e2d-error.ts';
import { writeFileAtomically } from '../etcd/data-dir/atomic-file.ts';
import { movedAsideAt } from '../etcd/data-dir/move-aside.ts';
import type { RevisionRange } from './recovery-sources.ts';
import { linesOf, type Row } from './render-snapshot.ts';

/** What a restore kept and what it left behind, as it is kept in the state dir. */
export interface Receipt {
  readonly version: 1;
  readonly kind: RestoreOrder['kind'];
  /** UTC, ISO 8601. */
  readonly writtenAt: string;
  readonly node: string;
  /** A snapshot's id, or `data of <node>`; its revision, where it was known beforehand. */
  readonly source: { readonly name: string; readonly revision: number | null };
  readonly before: { readonly lineage: string | null; readonly clusterId: string | null };
  readonly after: {
    readonly lineage: string;
    readonly clusterId: string | null;
    readonly revision: number | null;
  };
  /** Revisions of the former lineage that are known not to be in the new one. */
  readonly leftBehind: RevisionRange | null;
  /** Holds what was left behind; null where none was taken. */
  readonly freshSnapshot: string | null;
  /** Folders of this node with the data from before. */
  readonly movedAside: readonly string[];
}

export interface ReceiptParts
  extends Omit<Receipt, 'version' | 'writtenAt' | 'node' | 'after' | 'movedAside'> {
  readonly wallTime: Date;
  /** Of the cluster that came of it. */
  readonly report: InspectReport;
  readonly movedAside: readonly string[];
}

export function receiptOf({ report, wallTime, ...parts }: ReceiptParts): Receipt {
  const own = report.members.find(({ id }) => id === report.etcd.memberId);
  return {
    version: 1,
    kind: parts.kind,
    writtenAt: `${wallTime.toISOString().slice(0, 19)}Z`,
    node: report.node.name,
    source: parts.source,
    before: parts.before,
    after: {
      lineage: report.cluster.lineage ?? '',
      clusterId: report.cluster.id,
      revision: own?.revision ?? null,
    },
    leftBehind: parts.leftBehind,
    freshSnapshot: parts.freshSnapshot,
    movedAside: parts.movedAside,
  };
}

/** `path` is where it lies; null where it was not written, nor the machine's folders looked at. */
export function renderReceipt(receipt: Receipt, path: string | null): string {
  const { source, before, after, leftBehind, freshSnapshot, movedAside } = receipt;
  const of = source.revision === null ? '' : ` (revision ${source.revision})`;
  return linesOf([
    ['kept', `${source.name}${of}`],
    ['left behind', leftBehind === null ? 'nothing that is known' : rangeInWords(leftBehind)],
    ['', freshSnapshot === null ? 'no snapshot was taken of it' : `it is in ${freshSnapshot}`],
    ['lineage before', before.lineage ?? 'not known'],
    ['lineage now', `${after.lineage}, cluster ${after.clusterId ?? 'not known'}`],
    ...asideRows(movedAside, path),
  ]);
}

function asideRows(movedAside: readonly string[], path: string | null): readonly Row[] {
  if (path === null) return [['moved aside', 'each node keeps its own beside its data']];
  return [
    ['moved aside', movedAside.length === 0 ? 'nothing here' : movedAside.join(', ')],
    ['', 'the other nodes keep theirs beside their data likewise'],
    ['receipt', path],
  ];
}

/** `revisions 891 to 900 (10)`. */
export function rangeInWords({ from, to }: RevisionRange): string {
  return from === to ? `revision ${from}` : `revisions ${from} to ${to} (${to - from + 1})`;
}

/** Writes it for its owner alone, and gives its path. Throws `E2D_OUTPUT_FILE`. */
export async function writeReceipt(stateDir: string, receipt: Receipt): Promise<string> {
  const folder = join(stateDir, 'receipts');
  const name = receipt.after.lineage.replaceAll(/[^A-Za-z0-9._-]/g, '_');
  const path = join(folder, `${name}.json`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFileAtomically(path, `${JSON.stringify(receipt, null, 2)}\n`);
  } catch (cause) {
    throw new E2dError(`The receipt cannot be written to ${path} (${textOf(cause)}).`, {
      code: 'E2D_OUTPUT_FILE',
      remedy: 'The restore is done; "e2d status" and the event log tell the same.',
      cause,
    });
  }
  return path;
}

/** Data that was moved aside in a data dir, by the names that this gives it. */
export async function movedAsideIn(dataDir: string): Promise<readonly string[]> {
  const names = await readdir(dataDir).catch((problem: NodeJS.ErrnoException) => {
    if (problem.code === 'ENOENT') return [];
    throw problem;
  });
  return names
    .filter((name) => movedAsideAt(name) !== null)
    .sort()
    .map((name) => join(dataDir, name));
}
