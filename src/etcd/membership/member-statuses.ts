import type {
  ClusterId,
  Fault,
  Member,
  MemberId,
  MemberList,
  MemberStatus,
} from '../../../machines/facts.ts';
import type { CallOptions, EtcdEndpoint } from '../client/endpoint.ts';
import type { EndpointPool } from '../client/endpoint-pool.ts';
import { EtcdFault, faultOf } from '../client/etcd-fault.ts';

/** What every started member's own endpoints answered, and why the others did not. */
export interface MemberAnswers {
  readonly statuses: Readonly<Record<MemberId, MemberStatus>>;
  readonly faults: Readonly<Record<MemberId, Fault>>;
  /** Where each was found. */
  readonly found: ReadonlyMap<MemberId, EtcdEndpoint>;
}

/** Asks every member of the list at its own client URLs, all at the same time. Never rejects. */
export async function askMembers(
  { clusterId, members }: MemberList,
  endpoints: EndpointPool,
  options: CallOptions,
): Promise<MemberAnswers> {
  const statuses: Record<MemberId, MemberStatus> = {};
  const faults: Record<MemberId, Fault> = {};
  const found = new Map<MemberId, EtcdEndpoint>();
  const ask = async (member: Member) => {
    try {
      const { status, endpoint } = await askMember(member, clusterId, { endpoints, ...options });
      statuses[member.id] = status;
      found.set(member.id, endpoint);
    } catch (problem) {
      faults[member.id] = faultOf(problem);
    }
  };
  await Promise.all(members.map(ask));
  return { statuses, faults, found };
}

/** The first of a member's client URLs that answers as this very member of this very cluster. */
async function askMember(
  member: Member,
  clusterId: ClusterId,
  { endpoints, ...options }: CallOptions & { readonly endpoints: EndpointPool },
): Promise<{ readonly status: MemberStatus; readonly endpoint: EtcdEndpoint }> {
  if (member.clientUrls.length === 0) {
    throw new EtcdFault(
      'unavailable',
      `Member ${member.id} has not started: it has no client URL.`,
    );
  }
  const ask = async (url: string) => {
    const endpoint = endpoints.at(url);
    const status = await endpoint.status(options);
    const answer = { status, endpoint };
    // A URL such as localhost reaches whoever runs here, which need not be the member asked for.
    if (status.memberId === member.id && status.clusterId === clusterId) return answer;
    throw new EtcdFault('wrong-member', `${url} is answered by member ${status.memberId}.`);
  };
  try {
    return await Promise.any(member.clientUrls.map(ask));
  } catch (problem) {
    throw problem instanceof AggregateError ? problem.errors[0] : problem;
  }
}
