import type { BootstrapPlan } from '../../../machines/facts.ts';
import type { LogEntry } from './commands.ts';
import type { DataDir } from './disk.ts';
import { clusterIdOf, compareIds, memberIdOf } from './identifiers.ts';
import type { Keyspace } from './keyspace.ts';
import { foundingMember } from './start-up.ts';

/** As far as the real restore raises revisions. */
const bumpRevision = 1_000_000_000;

/**
 * What etcd's own tool makes of a snapshot for one member of a plan: the keys of the snapshot in a
 * cluster of the plan's members, whose ids are new with its token.
 */
export function restoredData(plan: BootstrapPlan, keyspace: Keyspace, peerUrl: string): DataDir {
  const members = plan.members
    .map((member) => foundingMember(member.name, member.peerUrl, plan.id))
    .sort((a, b) => compareIds(a.id, b.id));
  const commands: readonly LogEntry['command'][] = [
    {
      kind: 'restored',
      keyspace,
      revision: keyspace.revision + bumpRevision,
      planId: plan.id,
    },
    ...members.map((member) => ({ kind: 'config', change: { kind: 'add', member } }) as const),
  ];
  const log = commands.map((command, at) => ({
    index: at + 1,
    term: 1,
    command,
    proposalId: null,
  }));
  return {
    memberId: memberIdOf([peerUrl], plan.id),
    clusterId: clusterIdOf(members.map(({ id }) => id)),
    term: 1,
    votedFor: null,
    log,
    commit: log.length,
  };
}

/** What a log was restored from; null for one that began empty. */
export function restoredFrom({
  log,
}: DataDir): Extract<LogEntry['command'], { kind: 'restored' }> | null {
  const command = log[0]?.command;
  return command?.kind === 'restored' ? command : null;
}
