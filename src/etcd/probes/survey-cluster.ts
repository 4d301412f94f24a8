import {
  distinctUntilChanged,
  type Observable,
  of,
  repeat,
  type SchedulerLike,
  switchMap,
  timer,
} from 'rxjs';
import type {
  ClusterId,
  ClusterRecord,
  Fault,
  Member,
  MemberId,
  MemberList,
  MemberStatus,
} from '../../../machines/facts.ts';
import type { CallOptions } from '../client/endpoint.ts';
import type { EndpointPool } from '../client/endpoint-pool.ts';
import { faultOf, toEtcdFault } from '../client/etcd-fault.ts';
import { readClusterRecord } from '../membership/cluster-record.ts';
import { askMembers } from '../membership/member-statuses.ts';
import { abortable$ } from './repeat-probe.ts';

/** What a node without an etcd of its own learns by asking the client endpoints it heard of. */
export type ClusterAnswer =
  | {
      readonly kind: 'answers';
      readonly clusterId: ClusterId;
      /** From a linearizable read. */
      readonly members: readonly Member[];
      readonly statuses: Readonly<Record<MemberId, MemberStatus>>;
      readonly record: ClusterRecord | null;
      /** The client URL that answered, good for asking for a change. */
      readonly via: string;
    }
  /**
   * Nobody answered with a quorum behind it; `faults` by client URL. Not evidence of no cluster.
   */
  | { readonly kind: 'silent'; readonly faults: Readonly<Record<string, Fault>> };

/**
 * Asks all client endpoints at the same time and goes on with the first that has a quorum behind
 * it. Never rejects.
 */
export async function surveyCluster(
  clientUrls: readonly string[],
  endpoints: EndpointPool,
  bounds: CallOptions,
): Promise<ClusterAnswer> {
  const faults: Record<string, Fault> = {};
  const ask = async (via: string) => {
    try {
      return { via, ...(await askCluster(via, endpoints, bounds)) };
    } catch (problem) {
      faults[via] = faultOf(problem);
      throw toEtcdFault(problem);
    }
  };
  const first = await Promise.any(clientUrls.map(ask)).catch(() => undefined);
  if (first === undefined) return { kind: 'silent', faults };
  const { statuses } = await askMembers(first, endpoints, bounds);
  return { kind: 'answers', ...first, statuses };
}

async function askCluster(
  clientUrl: string,
  endpoints: EndpointPool,
  bounds: CallOptions,
): Promise<MemberList & { readonly record: ClusterRecord | null }> {
  const endpoint = endpoints.at(clientUrl);
  const [list, record] = await Promise.all([
    endpoint.memberList(bounds),
    readClusterRecord(endpoint, bounds),
  ]);
  return { ...list, record };
}

export interface SurveyOptions {
  readonly clientUrls$: Observable<readonly string[]>;
  /** From the end of a survey to the start of the next. */
  readonly pauseMs: number;
  readonly scheduler: SchedulerLike;
  /** One survey, ended by unsubscribing: `surveyOnce$` outside of tests. */
  readonly survey$: (clientUrls: readonly string[]) => Observable<ClusterAnswer>;
}

/** Surveys again and again; at once, and from the start, when the client URLs change. */
export function surveyCluster$(options: SurveyOptions): Observable<ClusterAnswer> {
  const { clientUrls$, pauseMs, scheduler, survey$ } = options;
  return clientUrls$.pipe(
    distinctUntilChanged(sameUrls),
    switchMap((urls) => survey$(urls).pipe(repeat({ delay: () => timer(pauseMs, scheduler) }))),
  );
}

/** One survey over a pool of endpoints, for `surveyCluster$`. */
export function surveyOnce$(
  endpoints: EndpointPool,
  timeoutMs: number,
): (clientUrls: readonly string[]) => Observable<ClusterAnswer> {
  return (clientUrls) =>
    clientUrls.length === 0
      ? of({ kind: 'silent', faults: {} })
      : abortable$((signal) => surveyCluster(clientUrls, endpoints, { timeoutMs, signal }));
}

function sameUrls(before: readonly string[], after: readonly string[]): boolean {
  return before.length === after.length && before.every((url) => after.includes(url));
}
