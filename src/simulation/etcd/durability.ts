import type { ClusterId, Member } from '../../../machines/facts.ts';
import { compareLogs, type DataDir, type EtcdDisk } from './disk.ts';
import { StateMachine } from './state-machine.ts';

/** The state of a log: up to its commit index, or with all that a leader would commit. */
export function stateOf({ log, commit }: DataDir, part: 'committed' | 'whole'): StateMachine {
  const machine = new StateMachine();
  for (const { command } of part === 'whole' ? log : log.slice(0, commit)) machine.apply(command);
  return machine;
}

/** What the readable disks hold of a cluster, the most complete log first. */
export function logsOf(disks: Iterable<EtcdDisk>, clusterId: ClusterId): readonly DataDir[] {
  const logs: DataDir[] = [];
  for (const { data, state } of disks) {
    if (state === 'readable' && data?.clusterId === clusterId) logs.push(data);
  }
  return logs.sort((a, b) => compareLogs(b, a));
}

/** The member list by the highest commit that any of these logs knows. */
export function latestMembers(logs: readonly DataDir[]): readonly Member[] {
  const [latest] = [...logs].sort((a, b) => b.commit - a.commit || compareLogs(b, a));
  return latest === undefined ? [] : stateOf(latest, 'committed').config.members;
}

/** The log that a quorum of the current voters would elect; null where none is left. */
export function electableLog(logs: readonly DataDir[]): DataDir | null {
  const voters = latestMembers(logs).filter(({ learner }) => !learner);
  return logs.find(({ memberId }) => voters.some(({ id }) => id === memberId)) ?? null;
}
