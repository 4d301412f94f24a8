import { E2dError } from '../../errors/e2d-error.ts';
import { readClusterRecord } from '../../etcd/membership/cluster-record.ts';
import { systemClock } from '../../node/clock.ts';
import { type PruneReport, pruneStore } from '../../snapshots/catalogue/prune.ts';
import type { Invocation } from '../command.ts';
import { withOwnEtcd } from '../own-cluster.ts';
import { isOn, ownFlag } from '../own-flags.ts';
import { inStore, type Session, tellProblems } from '../snapshot-session.ts';
import { table } from '../table.ts';

export async function run(invocation: Invocation): Promise<number> {
  return inStore(invocation, async ({ snapshots: { catalogue, config }, ...session }) => {
    const lineage = await lineageMeant(invocation, session);
    const dryRun = isOn('dry-run', invocation);
    const report = await pruneStore(catalogue, {
      lineage,
      policy: config.retention,
      nowMs: systemClock.wallTime().getTime(),
      dryRun,
      force: isOn('force', invocation),
      signal: session.signal,
    });
    const { terminal } = invocation;
    const { place } = catalogue.store.objects;
    if (isOn('json', invocation)) {
      terminal.out(`${JSON.stringify({ place, lineage, dryRun, ...report }, null, 2)}\n`);
    } else {
      terminal.out(render(report, { place, lineage, dryRun }));
      tellProblems(report.problems, invocation);
    }
    return report.failed.length > 0 || report.plan.refusal !== null ? 1 : 0;
  });
}

async function lineageMeant(invocation: Invocation, session: Session): Promise<string> {
  const named = ownFlag('lineage', invocation) as string | undefined;
  if (named !== undefined) return named;
  return withOwnEtcd(invocation, session, async (etcd) => {
    const record = await readClusterRecord(etcd, { signal: session.signal });
    if (record !== null) return record.lineage;
    throw new E2dError(`The cluster at ${etcd.url} has no record of e2d that tells its lineage.`, {
      code: 'E2D_NO_LINEAGE',
      remedy: 'Name one with --lineage: "e2d snapshot list" shows those in the store.',
    });
  });
}

interface Pruned {
  readonly place: string;
  readonly lineage: string;
  readonly dryRun: boolean;
}

function render({ plan, removed, failed }: PruneReport, { place, lineage, dryRun }: Pruned) {
  const gone = dryRun ? 'would go' : 'gone';
  const failures = new Map(failed.map(({ id, reason }) => [id, reason]));
  const planned = new Set(plan.verdicts.map(({ id }) => id));
  const uploads = removed.filter(({ id }) => !planned.has(id));
  const rows = [
    ...plan.verdicts.map(({ id, keep, reason }) => {
      const failure = failures.get(id);
      if (failure !== undefined) return [id, 'FAILED', failure];
      return [id, keep ? 'stays' : gone, reason];
    }),
    ...uploads.map(({ id, reason }) => [id, gone, reason]),
  ];
  const counted = `${removed.length} ${dryRun ? 'would be removed' : 'removed'}`;
  const lines = [
    ...(rows.length === 0
      ? [`${place} holds no snapshot of lineage ${lineage}.`]
      : table(['ID', 'VERDICT', 'WHY'], rows)),
    ...(plan.refusal === null ? [] : ['', `${plan.refusal} Give --force if that is meant.`]),
    ...(rows.length === 0 ? [] : ['', `Of lineage ${lineage} in ${place}: ${counted}.`]),
  ];
  return `${lines.join('\n')}\n`;
}
