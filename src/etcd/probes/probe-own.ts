import { type Observable, of, type SchedulerLike } from 'rxjs';
import type { Fault, MemberStatus } from '../../../machines/facts.ts';
import type { Alarm, CallOptions, EtcdEndpoint } from '../client/endpoint.ts';
import { faultOf } from '../client/etcd-fault.ts';
import { abortable$, repeatProbe$ } from './repeat-probe.ts';

/** How our own etcd answered, each question by itself: one failing says nothing of the others. */
export interface OwnProbe {
  /** When the answers were in, on this node's monotonic clock. */
  readonly atMs: number;
  readonly linearizable: 'ok' | Fault;
  readonly serializable: 'ok' | Fault;
  readonly status: MemberStatus | Fault;
  /** As the status tells them; empty also while `status` is a fault. */
  readonly alarms: readonly Alarm[];
}

export interface ProbeTiming {
  /** Bounds each question; all are asked at the same time. */
  readonly timeoutMs: number;
  readonly scheduler: SchedulerLike;
  /** The node's monotonic clock, in milliseconds. */
  readonly now: () => number;
}

/** Probes our own etcd again and again; failures are values, and it never overlaps. */
export function probeOwn$(
  endpoint: EtcdEndpoint,
  { intervalMs, ...timing }: ProbeTiming & { readonly intervalMs: number },
): Observable<OwnProbe> {
  const cadence = { everyMs$: of(intervalMs), scheduler: timing.scheduler };
  return repeatProbe$(cadence, () => abortable$((signal) => probeOwn(endpoint, timing, signal)));
}

async function probeOwn(
  endpoint: EtcdEndpoint,
  { timeoutMs, now }: ProbeTiming,
  signal: AbortSignal,
): Promise<OwnProbe> {
  const bounds: CallOptions = { timeoutMs, signal };
  const [linearizable, serializable, status] = await Promise.all([
    endpoint.linearizableRead(bounds).then(() => 'ok' as const, faultOf),
    endpoint.serializableRead(bounds).then(() => 'ok' as const, faultOf),
    endpoint.status(bounds).catch(faultOf),
  ]);
  const alarms = 'alarms' in status ? status.alarms : [];
  return { atMs: now(), linearizable, serializable, status, alarms };
}
