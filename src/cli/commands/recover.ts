import type { StatusReport } from '../../../machines/status-report.ts';
import { badConfig } from '../../config/bad-config.ts';
import { decideTls } from '../../config/tls-files.ts';
import { createEndpointPool } from '../../etcd/client/endpoint-pool.ts';
import { endpointTls } from '../../node/tls.ts';
import { askStatus } from '../ask-reports.ts';
import { carryOut, confirmLineage, foldersOf, giveReceipt } from '../carry-out.ts';
import type { Invocation } from '../command.ts';
import { helpOf, isOn, ownFlag } from '../own-flags.ts';
import { chosenSource, type WeighedSource, weighSources } from '../recovery-sources.ts';
import { type RecoveryView, renderIntent, renderRemains, sourceName } from '../render-recovery.ts';
import { recoverableLineage } from '../restore-refusals.ts';
import { inSession, type Session } from '../snapshot-session.ts';
import { type StoredSources, storedSources } from '../stored-sources.ts';
import { askSurvivors, survivorsIn } from '../survivors.ts';

/** So many snapshots are shown: those before them are less complete. */
const shownSnapshots = 5;

/** S15: shows what is left of a cluster without quorum, and has it rebuilt on a word. */
export async function run(invocation: Invocation): Promise<number> {
  return inSession(invocation, async (session) => {
    const { terminal } = invocation;
    const { stateDir } = foldersOf(session);
    const timeoutMs = Number(ownFlag('timeout', invocation));
    const report = await askStatus(stateDir, { timeoutMs, signal: session.signal });
    const lineage = recoverableLineage(report);
    const { view, stored } = await remainsOf({ report, lineage }, invocation, session);
    terminal.out(renderRemains(view));
    const named = ownFlag('source', invocation);
    const isDry = isOn('dry-run', invocation);
    if (isDry && named === undefined) return 0;
    const chosen = chosenSource(
      view.weighed,
      typeof named === 'string' ? named : null,
      stored.find,
    );
    terminal.out(renderIntent(chosen, view));
    if (isDry) return 0;
    await confirmLineage(lineage, invocation, session);
    return rebuild(chosen, view, { invocation, session });
  });
}

async function rebuild(
  { source, revision, lost }: WeighedSource,
  { report, lineage }: RecoveryView,
  { invocation, session }: { readonly invocation: Invocation; readonly session: Session },
): Promise<number> {
  const snapshotId = source.kind === 'snapshot' ? source.snapshot.id : null;
  const order = { kind: 'rebuild' as const, snapshotId, lineage };
  const outcome = await carryOut(order, invocation, session);
  await giveReceipt(
    {
      kind: 'rebuild',
      source: { name: sourceName(source), revision },
      before: { lineage, clusterId: report.cluster.id },
      leftBehind: lost,
      freshSnapshot: null,
    },
    { outcome, invocation, session },
  );
  return 0;
}

async function remainsOf(
  { report, lineage }: { readonly report: StatusReport; readonly lineage: string },
  invocation: Invocation,
  session: Session,
): Promise<{ readonly view: RecoveryView; readonly stored: StoredSources }> {
  const { signal } = session;
  const timeoutMs = Number(ownFlag('timeout', invocation));
  const pool = createEndpointPool(await tlsOf(invocation, session));
  try {
    const sought = { lineage, etcdVersion: report.etcd.version, nowMs: Date.now() };
    const [survivors, stored] = await Promise.all([
      askSurvivors(survivorsIn(report), { pool, signal, timeoutMs }),
      storedSources(sought, invocation, session),
    ]);
    const snapshots = stored.snapshots.slice(0, shownSnapshots);
    const clusterId = report.cluster.id;
    const view = {
      report,
      lineage,
      weighed: weighSources({ survivors, snapshots, clusterId, lineage }),
      storeProblem: stored.problem,
      olderSnapshots: stored.snapshots.length - snapshots.length,
    };
    return { view, stored };
  } finally {
    pool.close();
  }
}

/** What e2d shows to etcd's client ports, by the configuration of the node. */
async function tlsOf({ command }: Invocation, { values, surroundings }: Session) {
  const findings = { problems: [], warnings: [] };
  const { tls } = decideTls(values, new Map(), { surroundings, findings });
  if (findings.problems.length > 0) throw badConfig(findings, helpOf(command));
  return endpointTls(tls);
}
