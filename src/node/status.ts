import type { Member } from '../../machines/facts.ts';
import { etcdTrustsOthers } from '../../machines/node/certificate-updates.ts';
import { ownStatus, quorumHeld } from '../../machines/node/guards.ts';
import type { NodeSnapshot } from '../../machines/node/step.ts';
import { healthyVoters, leaderStatus, quorumMargin, votersOf } from '../../machines/quorum.ts';
import { statePath } from '../../machines/state-path.ts';
import type {
  CertificateReport,
  MemberReport,
  PeerReport,
  StatusReport,
} from '../../machines/status-report.ts';
import type { Clock } from './clock.ts';
import { snapshotReport, snapshotWarnings } from './snapshot-status.ts';
import { waitingFor } from './waiting-for.ts';

/** What a status report needs beside the chart itself. */
export interface StatusSurroundings {
  readonly processId: number;
  /** For how long the chart has been in its state, and quorum in its own. */
  readonly stateSinceMs: number;
  readonly quorumSinceMs: number;
  readonly warnings: readonly string[];
  readonly certificates: readonly CertificateReport[];
  /** What ages are counted by. */
  readonly clock: Pick<Clock, 'nowMs' | 'wallTime'>;
}

/** The node's account of itself, as a projection of its chart. */
export function statusReport(
  snapshot: NodeSnapshot,
  surroundings: StatusSurroundings,
): StatusReport {
  const { context } = snapshot;
  const { identity, decision } = context;
  const status = ownStatus(context);
  const snapshots = snapshotReport(snapshot, surroundings.clock);
  return {
    node: {
      name: identity.name,
      nodeId: identity.nodeId,
      state: statePath(snapshot.value),
      path: context.path,
      sinceMs: surroundings.stateSinceMs,
      pid: surroundings.processId,
      version: context.settings.e2dVersion,
    },
    decision: decision && { rule: decision.rule, reason: decision.reason },
    waitingFor: waitingFor(snapshot),
    etcd: {
      state: etcdState(snapshot),
      version: context.etcdVersion || null,
      pid: context.pid,
      memberId: status?.memberId ?? identity.memberId,
      clientUrl: context.settings.clientUrl,
    },
    quorum: { state: quorumState(snapshot), sinceMs: surroundings.quorumSinceMs },
    cluster: {
      id: status?.clusterId ?? identity.clusterId,
      lineage: identity.lineage,
      requiredSize: context.settings.requiredSize,
    },
    leader: leaderName(snapshot),
    members: memberReports(snapshot),
    peers: peerReports(snapshot),
    snapshots,
    certificates: surroundings.certificates,
    next: nextStep(snapshot),
    safeToStopOne: safeToStopOne(snapshot),
    warnings: [
      ...surroundings.warnings,
      ...ownWarnings(snapshot),
      ...certificateWarnings(snapshot),
      ...snapshotWarnings(snapshots),
    ],
  };
}

/** Why etcd still trusts other authorities than its files name. */
function certificateWarnings({ context }: NodeSnapshot): readonly string[] {
  const { lastTurn, fault } = context.certificates;
  const refused =
    etcdTrustsOthers(context) && lastTurn?.kind === 'refused' ? [lastTurn.refusal.sentence] : [];
  return [
    ...refused.map((sentence) => `etcd waits to be restarted for other authorities: ${sentence}`),
    ...(fault === null ? [] : [`the certificates are not as they should be: ${fault.message}`]),
  ];
}

function etcdState(snapshot: NodeSnapshot): string {
  for (const state of ['launching', 'restarting', 'backingOff', 'obstructed', 'wedged'] as const) {
    if (snapshot.matches({ active: { running: { etcd: state } } })) return state;
  }
  for (const state of ['starting', 'healthy', 'unhealthy'] as const) {
    if (snapshot.matches({ active: { running: { etcd: { up: state } } } })) return state;
  }
  return 'stopped';
}

function quorumState(snapshot: NodeSnapshot): 'held' | 'lost' | 'unknown' {
  for (const state of ['held', 'lost'] as const) {
    if (snapshot.matches({ active: { running: { quorum: state } } })) return state;
  }
  return 'unknown';
}

function leaderName({ context }: NodeSnapshot): string | null {
  const leaderId = ownStatus(context)?.leaderId ?? null;
  return context.observation?.members.find(({ id }) => id === leaderId)?.name ?? null;
}

function memberReports({ context }: NodeSnapshot): readonly MemberReport[] {
  const { observation } = context;
  if (observation === null) return [];
  const leader = leaderStatus(observation.statuses);
  const report = (member: Member): MemberReport => {
    const status = observation.statuses[member.id];
    return {
      id: member.id,
      name: member.name,
      peerUrl: member.peerUrls[0] ?? '',
      clientUrl: member.clientUrls[0] ?? null,
      learner: member.learner,
      leader: member.id === leader?.memberId,
      health: status === undefined ? 'unhealthy' : status.leaderId ? 'healthy' : 'unhealthy',
      lagEntries: status && leader ? Math.max(0, leader.raftIndex - status.raftAppliedIndex) : null,
      revision: status?.revision ?? null,
      dbSizeBytes: status?.dbSizeBytes ?? null,
    };
  };
  return observation.members.map(report).sort((a, b) => a.name.localeCompare(b.name));
}

function peerReports({ context }: NodeSnapshot): readonly PeerReport[] {
  return context.peers.map(
    ({ name, nodeId, liveness, status, data, peerUrl, clientUrl, clusterId }): PeerReport => ({
      name,
      nodeId,
      liveness,
      status,
      data: data === 'lost' ? 'none' : data,
      peerUrl,
      clientUrl,
      clusterId,
    }),
  );
}

function nextStep(snapshot: NodeSnapshot): string {
  const { context } = snapshot;
  const waiting = waitingFor(snapshot);
  if (waiting) return `wait: ${waiting.sentence} (rule ${waiting.rule ?? 'S1'})`;
  if (snapshot.matches({ active: { running: { standing: 'learning' } } })) {
    return 'promote this learner once it has caught up with its leader (rule S13)';
  }
  const suspicion = context.suspicions[0];
  if (suspicion) {
    const { healthCheckTimeoutMs } = context.settings.policy;
    const heldMs = suspicion.lastMs - suspicion.sinceMs;
    return `remove member ${suspicion.memberId} if it stays away for another ${Math.max(0, Math.round((healthCheckTimeoutMs - heldMs) / 1000))} s (rule S11)`;
  }
  return snapshot.hasTag('serving') ? 'nothing: all is as it should be' : 'get etcd to serve';
}

function safeToStopOne({ context }: NodeSnapshot): StatusReport['safeToStopOne'] {
  const { observation } = context;
  if (observation === null || !quorumHeld(context)) {
    return { safe: false, reason: 'quorum is not held, or not known to be' };
  }
  const voters = votersOf(observation.members).length;
  const healthy = healthyVoters(observation.members, observation.statuses).length;
  const margin = quorumMargin(healthy, voters);
  return margin >= 1
    ? { safe: true, reason: `${healthy} of ${voters} voters are healthy` }
    : { safe: false, reason: `${healthy} of ${voters} voters are healthy, and all are needed` };
}

function ownWarnings({ context }: NodeSnapshot): readonly string[] {
  const alarms = (context.probe?.alarms ?? []).map((alarm) => `etcd has raised the alarm ${alarm}`);
  const fault = context.fault === null ? [] : [`last failure: ${context.fault.message}`];
  return [...alarms, ...fault];
}
