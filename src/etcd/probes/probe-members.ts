import { defer, type Observable } from 'rxjs';
import type {
  Fault,
  MemberId,
  MemberList,
  MemberStatus,
  RaftProgress,
} from '../../../machines/facts.ts';
import type { CallOptions, EtcdEndpoint } from '../client/endpoint.ts';
import type { EndpointPool } from '../client/endpoint-pool.ts';
import { faultOf } from '../client/etcd-fault.ts';
import { askMembers, type MemberAnswers } from '../membership/member-statuses.ts';
import type { ProbeTiming } from './probe-own.ts';
import { abortable$, repeatProbe$ } from './repeat-probe.ts';

/** Which members answer at their client endpoints, as seen from this node. */
export interface MembersProbe {
  readonly atMs: number;
  /** From a linearizable read of our own endpoint, so that a fault here means: no quorum for us. */
  readonly members: MemberList | Fault;
  /** Of the latest known members: who answered as itself, and why the others did not. */
  readonly statuses: Readonly<Record<MemberId, MemberStatus>>;
  readonly faults: Readonly<Record<MemberId, Fault>>;
  /** The leader's account, asked for while there is a learner. */
  readonly progress: RaftProgress | null;
}

export interface MembersProbeOptions extends ProbeTiming {
  readonly endpoint: EtcdEndpoint;
  readonly endpoints: EndpointPool;
  /** Slow while all is quiet, fast while anything is suspect. */
  readonly everyMs$: Observable<number>;
  /** Asks for a probe now. */
  readonly now$?: Observable<unknown>;
}

const nobody: MemberAnswers = { statuses: {}, faults: {}, found: new Map() };

/**
 * Probes every member of the cluster again and again. While the list cannot be read the members of
 * the last one that could are asked: who is reachable matters most when quorum is lost.
 */
export function probeMembers$(options: MembersProbeOptions): Observable<MembersProbe> {
  const { endpoint, endpoints, timeoutMs, now } = options;
  return defer(() => {
    let known: MemberList | undefined;
    const probe = async (signal: AbortSignal) => {
      const bounds = { timeoutMs, signal };
      const members = await endpoint.memberList(bounds).catch(faultOf);
      if ('members' in members) known = members;
      const answers = known === undefined ? nobody : await askMembers(known, endpoints, bounds);
      const progress =
        known === undefined ? null : await progressOf(known, answers, { endpoints, ...bounds });
      const { statuses, faults } = answers;
      return { atMs: now(), members, statuses, faults, progress };
    };
    return repeatProbe$(options, () => abortable$(probe));
  });
}

async function progressOf(
  { members }: MemberList,
  { statuses }: MemberAnswers,
  { endpoints, ...bounds }: CallOptions & { readonly endpoints: EndpointPool },
): Promise<RaftProgress | null> {
  const leader = members.find(({ id }) => statuses[id]?.leaderId === id);
  const url = leader?.clientUrls[0];
  if (url === undefined || !members.some(({ learner }) => learner)) return null;
  return endpoints
    .at(url)
    .raftProgress(bounds)
    .catch(() => null);
}
