import { X509Certificate } from 'node:crypto';
import { textOf } from '../errors/e2d-error.ts';
import type { EndpointTls } from '../etcd/client/connection.ts';
import type { EtcdEndpoint } from '../etcd/client/endpoint.ts';
import { type EtcdFault, isForUsers } from '../etcd/client/etcd-fault.ts';
import { registerE2dUser } from '../etcd/users/e2d-users.ts';
import type { Log } from '../log/create-log.ts';
import type { Clock } from './clock.ts';
import type { DriverEntry } from './driver.ts';
import { ownVoter } from './own-voter.ts';

/**
 * The user of etcd that a certificate (PEM) makes of who shows it: its CN. Empty where it has none,
 * or more than one, or is no certificate.
 */
export function userOf(certificate: Buffer | undefined): string {
  try {
    const { subject } = new X509Certificate(certificate ?? '').toLegacyObject();
    return typeof subject.CN === 'string' ? subject.CN : '';
  } catch {
    return '';
  }
}

export interface RegisterParts {
  readonly shown: () => EndpointTls;
  /** Our own member. */
  readonly own: EtcdEndpoint;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

const retryAfterMs = 10_000;
const timeoutMs = 2_000;

/**
 * Has the cluster know as which user this node's e2d asks, once it runs a voter of it, and again
 * when the cluster or the certificate is another: "e2d etcd auth enable" then locks nobody out. The
 * first to notice that e2d is locked out, it also says so.
 */
export function userRegister({ shown, own, log }: RegisterParts) {
  const stop = new AbortController();
  let registered = '';
  let warned = '';
  let notBeforeMs = 0;
  let isBusy = false;
  const register = async (memberId: string, node: string, mark: string) => {
    const bounds = { signal: stop.signal, timeoutMs };
    const user = userOf(shown().certificate);
    try {
      await registerE2dUser(own, memberId, { user, node, bounds });
      registered = mark;
      warned = '';
      log.info({ user }, 'e2d is known to the cluster by the CN of its certificate.');
    } catch (problem) {
      if (stop.signal.aborted || textOf(problem) === warned) return;
      warned = textOf(problem);
      log.warn({ user, fault: warned }, 'e2d cannot write to the cluster as its user.');
    }
  };
  const note = ({ event, snapshot, atMs }: DriverEntry): void => {
    if (event.type !== 'etcd.probed' || isBusy || atMs < notBeforeMs) return;
    const { identity, probe } = snapshot.context;
    const { clusterId, lineage } = identity;
    const voter = ownVoter(snapshot);
    if (voter === null || lineage === null || probe?.linearizable !== 'ok') return;
    const mark = `${clusterId} ${voter.id} ${lineage} ${userOf(shown().certificate)}`;
    if (mark === registered) return;
    isBusy = true;
    notBeforeMs = atMs + retryAfterMs;
    void register(voter.id, voter.name, mark).finally(() => {
      isBusy = false;
    });
  };
  return { note, stop: () => stop.abort() };
}

const tellEveryMs = 60_000;

/** For what etcd refuses this node's e2d: told at once, and again now and then while it lasts. */
export function tellRefusals({
  clock,
  log,
}: {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Pick<Log, 'warn'>;
}): (fault: EtcdFault) => void {
  let toldAtMs: number | null = null;
  return (fault) => {
    const nowMs = clock.nowMs();
    if (!isForUsers(fault) || (toldAtMs !== null && nowMs - toldAtMs < tellEveryMs)) return;
    toldAtMs = nowMs;
    log.warn({ fault: fault.message }, 'etcd is well, and does not let e2d in.');
  };
}
