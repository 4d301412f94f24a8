import type {
  MemberReport,
  PeerReport,
  ReasonReport,
  StatusReport,
} from '../../machines/status-report.ts';
import { harmlessLines } from '../errors/shown.ts';
import { ageInWords, sizeInWords } from './amounts.ts';
import { snapshotLines } from './snapshot-outlook.ts';
import { table } from './table.ts';

/** A report for a person: how it stands in one line, then why, who, and what comes next. */
export function renderStatus(report: StatusReport): string {
  const blocks = [
    [headline(report), ...nodeLines(report)],
    memberLines(report.members),
    peerLines(report.peers),
    snapshotLines(report.snapshots),
    outlookLines(report),
    report.warnings.map((warning) => `Warning: ${warning}`),
  ];
  const text = blocks.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return harmlessLines(`${text.join('\n\n')}\n`);
}

/** `Cluster 8e9e05c52164694d — degraded (2 of 3 voters healthy)` */
function headline({ cluster, members, quorum }: StatusReport): string {
  if (cluster.id === null) return `No cluster yet (of ${cluster.requiredSize})`;
  const voters = members.filter(({ learner }) => !learner);
  const healthy = voters.filter(({ health }) => health === 'healthy').length;
  const wanted = Math.max(voters.length, cluster.requiredSize);
  const counted = `${healthy} of ${wanted} voters healthy`;
  if (quorum.state === 'unknown') return `Cluster ${cluster.id} — quorum unknown (${counted})`;
  if (quorum.state === 'lost') return `Cluster ${cluster.id} — without quorum (${counted})`;
  return `Cluster ${cluster.id} — ${healthy >= wanted ? 'healthy' : 'degraded'} (${counted})`;
}

function nodeLines({ node, decision, etcd, quorum, leader }: StatusReport): string[] {
  const path = node.path === null ? '' : `, by ${node.path}`;
  const facts = [
    etcd.version === null ? '' : ` ${etcd.version}`,
    ` is ${etcd.state}`,
    etcd.pid === null ? '' : `, pid ${etcd.pid}`,
    etcd.memberId === null ? '' : `, member ${etcd.memberId}`,
  ];
  const since = quorum.sinceMs === null ? '' : ` for ${ageInWords(quorum.sinceMs)}`;
  return [
    `Node ${node.name} is ${inWords(node.state)} for ${ageInWords(node.sinceMs)}${path}` +
      ` (e2d ${node.version}, pid ${node.pid})`,
    ...(decision === null ? [] : [`  because: ${withRule(decision)}`]),
    `etcd${facts.join('')}`,
    `Quorum is ${quorum.state}${since}; ${leader === null ? 'no leader is known' : `${leader} leads`}`,
  ];
}

/**
 * Where the node stands, without the parts that have lines of their own: `active.running.(...)`.
 */
function inWords(state: string): string {
  return state.replace(/^active\./, '').replace(/\.?\(.*\)$/, '');
}

/** The member list as a table; no lines while it is not known. */
export function memberLines(members: readonly MemberReport[]): string[] {
  const rows = members.map((member) => [
    member.name === '' ? `(not started, ${member.id})` : member.name,
    member.leader ? 'leader' : member.learner ? 'learner' : 'follower',
    member.health,
    known(member.lagEntries, String),
    known(member.revision, String),
    known(member.dbSizeBytes, sizeInWords),
    member.clientUrl ?? member.peerUrl,
  ]);
  const header = ['MEMBER', 'ROLE', 'HEALTH', 'LAG', 'REVISION', 'DB SIZE', 'ADDRESS'];
  return rows.length === 0 ? [] : table(header, rows);
}

/** The other nodes as a table; no lines while there is none. */
export function peerLines(peers: readonly PeerReport[]): string[] {
  const rows = peers.map(({ name, liveness, status, data, peerUrl }) => [
    name,
    liveness,
    status,
    data,
    peerUrl,
  ]);
  return rows.length === 0 ? [] : table(['PEER', 'GOSSIP', 'STATUS', 'DATA', 'ADDRESS'], rows);
}

function outlookLines({ waitingFor, next, safeToStopOne }: StatusReport): string[] {
  const lines: string[] = [];
  if (waitingFor !== null) {
    lines.push(`Waiting: ${withRule({ rule: waitingFor.rule, reason: waitingFor.sentence })}`);
    if (waitingFor.command !== null) lines.push(`  to let it go on: ${waitingFor.command}`);
  }
  const answer = safeToStopOne.safe ? 'Yes' : 'No';
  lines.push(`Next: ${next}`, `Safe to stop one more member? ${answer}: ${safeToStopOne.reason}`);
  return lines;
}

function withRule({ rule, reason }: ReasonReport): string {
  return rule === null ? reason : `${reason} (rule ${rule})`;
}

function known<T>(value: T | null, show: (value: T) => string): string {
  return value === null ? '?' : show(value);
}
