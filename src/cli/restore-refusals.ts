import type { StatusReport } from '../../machines/status-report.ts';
import { E2dError } from '../errors/e2d-error.ts';

/** What `e2d restore` can ask of a node as it is: see `RestoreOrder`. */
export type RestoreMode = 'approve' | 'goBack';

/**
 * Approves the restore of a lost cluster, or has a running one go back. Throws
 * `E2D_RESTORE_REFUSED` where neither is to be had.
 */
export function restoreModeOf(report: StatusReport): RestoreMode {
  const { waitingFor, node, quorum, cluster } = report;
  if (awaitsRestore(report)) return 'approve';
  if (quorum.state === 'held' && cluster.lineage !== null) return 'goBack';
  if (quorum.state === 'lost') {
    throw refused(
      'The cluster has lost its quorum, and cannot be asked to go back.',
      'Bring the other members back; if they are gone for good, "e2d recover" shows what is left.',
    );
  }
  const why = waitingFor === null ? `it is ${node.state}` : `it waits: ${waitingFor.sentence}`;
  throw refused(
    `Node ${node.name} can restore nothing now: ${why}.`,
    'Look at "e2d status", and try again once it waits for your word or the cluster runs.',
  );
}

/**
 * Nothing is decided yet, and an operator's word may help: over the restore itself, its lineage,
 * machines that are away or a store that cannot be read. Whether it does, the node says.
 */
export function awaitsRestore({ node, waitingFor }: StatusReport): boolean {
  const rule = waitingFor?.rule ?? '';
  return node.state.startsWith('active.deciding.') && ['S1', 'S2', 'S4', 'S6'].includes(rule);
}

/** The lineage that is to be given up (S15). Throws `E2D_RESTORE_REFUSED`. */
export function recoverableLineage({ quorum, cluster, node }: StatusReport): string {
  if (quorum.state === 'held') {
    throw refused(
      'The cluster has quorum: there is nothing to recover from.',
      'To have it go back to a snapshot, use "e2d restore ID".',
    );
  }
  if (cluster.lineage !== null) return cluster.lineage;
  throw refused(
    `Node ${node.name} knows of no cluster whose quorum could be lost.`,
    'Run it on a node that has the cluster’s data; if no node has, see "e2d restore".',
  );
}

/** The lineage that `--lineage` names must be the one that is given up. */
export function refuseOtherLineage(named: string, lineage: string): void {
  if (named === lineage) return;
  throw refused(
    `--lineage ${named} is not the cluster's: it is of lineage ${lineage}.`,
    'Nothing was done. Look at "e2d status": this may be another cluster than you think.',
  );
}

export function refused(message: string, remedy: string): E2dError {
  return new E2dError(message, { code: 'E2D_RESTORE_REFUSED', remedy });
}
