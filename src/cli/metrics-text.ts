import type { MemberReport, SnapshotReport, StatusReport } from '../../machines/status-report.ts';

interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A gauge with what it says; without samples where nothing is known. */
interface Gauge {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

const quorumStates = ['held', 'lost', 'unknown'] as const;
const snapshotStates = ['idle', 'resting', 'taking', 'taken', 'thinning', 'failing'] as const;

/**
 * A node's status in the text format of Prometheus; null for an e2d that does not answer. What is
 * not known has no sample: a made-up value would silence an alert, or raise one.
 */
export function metricsText(report: StatusReport | null): string {
  const up = gauge('e2d_up', 'Whether the e2d on this machine answers.', report === null ? 0 : 1);
  const gauges =
    report === null
      ? [up]
      : [up, ...nodeGauges(report), certificateGauge(report), ...snapshotGauges(report)];
  return gauges
    .filter(({ samples }) => samples.length > 0)
    .map(textOf)
    .join('');
}

function nodeGauges(report: StatusReport): readonly Gauge[] {
  const { node, quorum, cluster, leader, members, safeToStopOne, waitingFor, warnings } = report;
  const count = (those: readonly MemberReport[]) => [
    { labels: { role: 'voter' }, value: those.filter(({ learner }) => !learner).length },
    { labels: { role: 'learner' }, value: those.filter(({ learner }) => learner).length },
  ];
  const healthy = members.filter(({ health }) => health === 'healthy');
  const known = members.length > 0;
  return [
    info('e2d_info', 'Which e2d and which cluster this is.', {
      node: node.name,
      version: node.version,
      cluster: cluster.id ?? '',
      lineage: cluster.lineage ?? '',
    }),
    info('e2d_state', 'The state of the node in its chart, and the path that led there.', {
      state: node.state.replace(/\.?\(.*\)$/, ''),
      path: node.path ?? '',
    }),
    gauge('e2d_state_seconds', 'For how long it has been in its state.', node.sinceMs / 1000),
    oneOf('e2d_quorum', 'Quorum, as this node sees it.', [quorumStates, quorum.state]),
    gauge('e2d_leader', 'Whether this node leads.', leader === node.name ? 1 : 0),
    gauge('e2d_required_cluster_size', 'Voters that there should be.', cluster.requiredSize),
    {
      name: 'e2d_members',
      help: 'Members that the cluster has.',
      samples: known ? count(members) : [],
    },
    {
      name: 'e2d_members_healthy',
      help: 'Members that answer and know a leader.',
      samples: known ? count(healthy) : [],
    },
    gauge('e2d_safe_to_stop_one', 'Whether one more member may stop.', safeToStopOne.safe ? 1 : 0),
    gauge('e2d_waiting', 'Whether the node waits for something.', waitingFor === null ? 0 : 1),
    gauge('e2d_warnings', 'Sentences that "e2d status" warns with.', warnings.length),
  ];
}

function certificateGauge({ certificates }: StatusReport): Gauge {
  return {
    name: 'e2d_certificate_left_seconds',
    help: 'How long a certificate of this node is still good for.',
    samples: certificates.map(({ role, leftMs }) => ({ labels: { role }, value: leftMs / 1000 })),
  };
}

/** Who does not lead tells its state alone: the rest of what it knows may be old. */
function snapshotGauges({ snapshots, members, etcd }: StatusReport): readonly Gauge[] {
  if (snapshots === null) return [];
  const state = oneOf('e2d_snapshot_state', 'What this node does for snapshots.', [
    snapshotStates,
    snapshots.state,
  ]);
  if (snapshots.state === 'idle') return [state];
  const { last, failures, retention } = snapshots;
  const own = members.find(({ id }) => id === etcd.memberId)?.revision ?? null;
  const behind = last === null || own === null ? null : Math.max(0, own - last.revision);
  const refused = retention === null ? null : Number(retention.refusal !== null);
  return [
    state,
    gauge('e2d_snapshot_failures', 'Snapshots that failed, one after the other.', failures),
    gauge('e2d_snapshot_last_age_seconds', 'Age of the last snapshot.', seconds(last?.ageMs)),
    gauge('e2d_snapshot_last_revision', 'Revision of the last snapshot.', last?.revision),
    gauge('e2d_snapshot_last_bytes', 'Size of the last snapshot as stored.', last?.storedBytes),
    gauge('e2d_snapshot_behind_revisions', 'Revisions that are in no snapshot yet.', behind),
    gauge('e2d_snapshot_retention_refused', 'Whether retention refused to remove any.', refused),
    ...proofGauges(snapshots),
  ];
}

function proofGauges({ proof, proofOverdue }: SnapshotReport): readonly Gauge[] {
  const isProven = proof?.outcome === 'proven';
  const rto = isProven ? proof.rtoSeconds : null;
  return [
    gauge(
      'e2d_snapshot_proven_age_seconds',
      'Age of the latest proof by a restore; absent while it failed, or there is none.',
      isProven ? seconds(proof.ageMs) : null,
    ),
    gauge('e2d_snapshot_proven_rto_seconds', 'How long that restore took.', rto),
    gauge(
      'e2d_snapshot_proof_failed',
      'Whether the latest proof failed.',
      proof === null ? null : Number(!isProven),
    ),
    gauge('e2d_snapshot_proof_overdue', 'Whether it is too old.', Number(proofOverdue)),
  ];
}

function seconds(durationMs: number | undefined): number | undefined {
  return durationMs === undefined ? undefined : durationMs / 1000;
}

function gauge(name: string, help: string, value: number | null | undefined): Gauge {
  return { name, help, samples: value === null || value === undefined ? [] : [{ value }] };
}

function info(name: string, help: string, labels: Readonly<Record<string, string>>): Gauge {
  return { name, help, samples: [{ labels, value: 1 }] };
}

/** One sample for each state, 1 for the one that is. */
function oneOf(
  name: string,
  help: string,
  [states, is]: readonly [readonly string[], string],
): Gauge {
  const samples = states.map((state) => ({ labels: { state }, value: Number(state === is) }));
  return { name, help, samples };
}

function textOf({ name, help, samples }: Gauge): string {
  const lines = samples.map(({ labels = {}, value }) => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
    return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('\n')}\n`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
