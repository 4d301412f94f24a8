import type { StatusReport } from '../../machines/status-report.ts';
import { ageInWords, sizeInWords } from './amounts.ts';
import type { Source, WeighedSource, WeighedSources } from './recovery-sources.ts';
import { rangeInWords } from './restore-receipt.ts';
import { table } from './table.ts';

export interface RecoveryView {
  readonly report: StatusReport;
  readonly lineage: string;
  readonly weighed: WeighedSources;
  /** Why the store could not be read, or that there is none; null where it was read. */
  readonly storeProblem: string | null;
  /** How many older snapshots are not shown. */
  readonly olderSnapshots: number;
}

const header = ['SOURCE', 'TERM', 'INDEX', 'REVISION', 'SIZE', 'AGE', 'PROVEN', 'WOULD LOSE'];

/** S15: what is left of the cluster, side by side, and what each choice would lose. */
export function renderRemains(view: RecoveryView): string {
  const { report, lineage, weighed, storeProblem, olderSnapshots } = view;
  const { members, peers, node, cluster } = report;
  const alive = new Set([node.name, ...peers.filter(isAlive).map(({ name }) => name)]);
  const silent = members.filter(({ name }) => !alive.has(name));
  return [
    `Cluster ${cluster.id ?? 'unknown'} of lineage ${lineage} is without quorum. What is left of it:`,
    '',
    ...table(header, weighed.sources.map(rowOf)),
    ...(olderSnapshots === 0 ? [] : [`and ${olderSnapshots} older snapshots in the store`]),
    ...(storeProblem === null ? [] : [`The store is not in this list: ${storeProblem}`]),
    '',
    ...silentLines(silent.map(({ name, id }) => (name === '' ? id : name))),
    weighed.best === null
      ? 'Nothing is left that could be proposed.'
      : `Proposed: ${sourceName(weighed.best.source)}, the most complete source that is known.`,
    '',
  ].join('\n');
}

function isAlive({ liveness }: StatusReport['peers'][number]): boolean {
  return liveness === 'alive';
}

function silentLines(names: readonly string[]): readonly string[] {
  const [one, other] = [
    'What only members that do not answer have is not known, and is not counted.',
    'If one of them can come back with its disk, bring it back instead: nothing is lost then.',
  ];
  return names.length === 0 ? [one, other] : [`No sign of: ${names.join(', ')}.`, one, other];
}

function rowOf(weighed: WeighedSource): readonly string[] {
  const { source, revision, lost, unfit } = weighed;
  const losing =
    unfit !== null
      ? `not proposed: ${unfit}`
      : lost === null
        ? 'nothing that is known'
        : rangeInWords(lost);
  if (source.kind === 'survivor') {
    const { standing } = source.survivor;
    const facts =
      standing === null
        ? ['?', '?', '?', '?']
        : [
            String(standing.raftTerm),
            String(standing.appliedIndex),
            String(revision),
            sizeInWords(standing.dbSizeBytes),
          ];
    return [sourceName(source), ...facts, 'now', '-', losing];
  }
  const { raftTerm, raftIndex, ageMs, storedBytes, proof } = source.snapshot;
  return [
    sourceName(source),
    String(raftTerm ?? '?'),
    String(raftIndex ?? '?'),
    String(revision ?? '?'),
    sizeInWords(storedBytes),
    ageInWords(ageMs),
    { proven: 'yes', failed: 'FAILED', none: 'never' }[proof],
    losing,
  ];
}

export function sourceName(source: Source): string {
  if (source.kind === 'snapshot') return source.snapshot.id;
  const { name, isOwn } = source.survivor;
  return isOwn ? `data of ${name} (this node)` : `data of ${name}`;
}

/** What going on would do, before the operator's word is asked for. */
export function renderIntent(
  chosen: WeighedSource,
  { weighed, report, lineage }: RecoveryView,
): string {
  const { source, lost } = chosen;
  const others = weighed.sources.flatMap(({ source: one }) =>
    one.kind === 'survivor' && !one.survivor.isOwn && one.survivor.standing !== null
      ? [one.survivor.name]
      : [],
  );
  return [
    `The cluster is built anew from ${sourceName(source)}, with ${report.node.name} as its first member.`,
    isOfOtherLineage(source, lineage)
      ? `It is not of lineage ${lineage}: EVERYTHING that the cluster holds is lost for it.`
      : lost === null
        ? 'Nothing that is known is lost.'
        : `Lost for the cluster: ${rangeInWords(lost)}.`,
    `The data of ${report.node.name} is moved aside, never deleted.`,
    ...(others.length === 0
      ? []
      : [
          `${others.join(', ')}: data there is of the former lineage; it is moved aside, never deleted,`,
          'before the node joins the new cluster as a learner.',
        ]),
    '',
  ].join('\n');
}

function isOfOtherLineage(source: Source, lineage: string): boolean {
  return source.kind === 'snapshot' && source.snapshot.lineage !== lineage;
}
