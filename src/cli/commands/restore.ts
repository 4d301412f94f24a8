import type { StatusReport } from '../../../machines/status-report.ts';
import { findEntry } from '../../snapshots/catalogue/find.ts';
import type { SnapshotEntry } from '../../snapshots/catalogue/snapshot-entry.ts';
import { askStatus } from '../ask-reports.ts';
import { callOff } from '../call-off.ts';
import { carryOut, confirmLineage, giveReceipt, nodeOf } from '../carry-out.ts';
import type { Invocation } from '../command.ts';
import { isOn, ownFlag } from '../own-flags.ts';
import { leftBehindOf, renderApproval, renderGoingBack } from '../restore-preview.ts';
import { type RestoreMode, refused, restoreModeOf } from '../restore-refusals.ts';
import { inSession, type Session, tellProblems, withStore } from '../snapshot-session.ts';

interface Found {
  readonly report: StatusReport;
  readonly mode: RestoreMode;
  readonly entry: SnapshotEntry;
}

/**
 * Approves the restore of a cluster that lost all its data, or has a running one go back. The
 * running node does it: this command shows, asks, orders and watches.
 */
export async function run(invocation: Invocation): Promise<number> {
  return inSession(invocation, async (session) => {
    if (isOn('call-off', invocation)) return callOff(invocation, session);
    const found = await find(invocation, session);
    const { report, mode, entry } = found;
    const { terminal } = invocation;
    const view = { report, entry, nowMs: Date.now() };
    terminal.out(mode === 'goBack' ? renderGoingBack(view) : renderApproval(view));
    if (isOn('dry-run', invocation)) return 0;
    const lineage = report.cluster.lineage ?? lineageOf(entry);
    if (givesUp(found) && lineage !== null) await confirmLineage(lineage, invocation, session);
    const order = { kind: mode, snapshotId: entry.id, lineage };
    const outcome = await carryOut(order, invocation, session);
    const secured = mode === 'approve' ? null : outcome.securedAs;
    const freshSnapshot =
      mode === 'approve' ? null : (secured ?? (await newestOf(lineage, invocation, session)));
    const revision = entry.kind === 'e2d' ? entry.record.revision : null;
    await giveReceipt(
      {
        kind: mode,
        source: { name: entry.id, revision },
        before: { lineage, clusterId: report.cluster.id },
        leftBehind: leftBehindOf(view),
        freshSnapshot,
      },
      { outcome, invocation, session },
    );
    return 0;
  });
}

/** S2: also where a machine that is away may still have the data. */
function givesUp({ mode, report }: Found): boolean {
  return mode === 'goBack' || report.waitingFor?.rule === 'S2';
}

/** What the node says first: there is no need for a store where it can restore nothing. */
async function find(invocation: Invocation, session: Session): Promise<Found> {
  const node = await nodeOf(invocation, session);
  const { signal } = session;
  const timeoutMs = Number(ownFlag('timeout', invocation));
  const report = await askStatus(node, { timeoutMs, signal });
  const mode = restoreModeOf(report);
  return withStore(session, invocation, async ({ snapshots }) => {
    const { entries, problems } = await snapshots.catalogue.list({ signal });
    tellProblems(problems, invocation);
    if (invocation.argument === undefined) {
      throw refused(
        'No snapshot is named.',
        'Give its ID, or "latest"; "e2d snapshot list" shows them.',
      );
    }
    return { report, mode, entry: findEntry(entries, invocation.argument) };
  });
}

function lineageOf(entry: SnapshotEntry): string | null {
  return entry.kind === 'e2d' ? entry.record.lineage : null;
}

/** The fresh snapshot went by too fast to be seen: it is the newest of the former lineage. */
async function newestOf(
  lineage: string | null,
  invocation: Invocation,
  session: Session,
): Promise<string | null> {
  return withStore(session, invocation, async ({ snapshots, signal }) => {
    const { entries } = await snapshots.catalogue.list({ signal });
    return entries.find((entry) => lineageOf(entry) === lineage)?.id ?? null;
  });
}
