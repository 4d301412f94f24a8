import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BootstrapPlan, Identity } from '../../../machines/facts.ts';
import { writeFileAtomically } from '../../etcd/data-dir/atomic-file.ts';

/** What a restore by hand was made of, and what became of what was there. */
export interface RestoreReceipt {
  readonly version: 1;
  readonly plan: BootstrapPlan;
  /** Where the snapshot came from: a store, or a file. */
  readonly from: string;
  readonly snapshot: SnapshotFacts;
  readonly dataDir: string;
  readonly name: string;
  readonly peerUrl: string;
  readonly etcdVersion: string;
  readonly e2dVersion: string;
  /** UTC. */
  readonly begunAt: string;
  /** Null: it was not, and "e2d run" does it at its next start. */
  readonly installedAt: string | null;
  /** Where the data is that was in the data dir; null: there was none. */
  readonly movedTo: string | null;
  /** Who this node was before; null: nobody. */
  readonly replacedIdentity: Identity | null;
}

/** Null stands for what nobody knows of such a snapshot. */
export interface SnapshotFacts {
  readonly id: string;
  readonly sha256: string;
  readonly revision: number;
  /** Rows of the database: a key counts once for each revision of it. */
  readonly rows: number;
  readonly sizeBytes: number;
  readonly takenAt: string | null;
  readonly lineage: string | null;
  readonly etcdVersion: string | null;
  readonly members: readonly string[];
}

export function receiptPath(stateDir: string, planId: string): string {
  return join(stateDir, 'receipts', `${planId}.json`);
}

/** Only for the eyes of the user that e2d runs as. Replaces the receipt of the same plan. */
export async function writeReceipt(stateDir: string, receipt: RestoreReceipt): Promise<string> {
  const path = receiptPath(stateDir, receipt.plan.id);
  await mkdir(join(stateDir, 'receipts'), { recursive: true, mode: 0o700 });
  await writeFileAtomically(path, `${JSON.stringify(receipt, null, 2)}\n`);
  return path;
}
