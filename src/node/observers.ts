import {
  catchError,
  distinctUntilChanged,
  EMPTY,
  filter,
  from,
  interval,
  map,
  merge,
  NEVER,
  type Observable,
  of,
  pairwise,
  startWith,
  switchMap,
  throwError,
} from 'rxjs';
import type { ClusterAnswer, Peer } from '../../machines/facts.ts';
import type { NodeEvent } from '../../machines/node/events.ts';
import { probeMembers$ } from '../etcd/probes/probe-members.ts';
import { probeOwn$ } from '../etcd/probes/probe-own.ts';
import { abortable$, repeatProbe$ } from '../etcd/probes/repeat-probe.ts';
import { surveyCluster$, surveyOnce$ } from '../etcd/probes/survey-cluster.ts';
import type { Observers } from './driver.ts';
import { toFault } from './effects.ts';
import type { NodeResources } from './resources.ts';

const surveyPauseMs = 100;
const successorPauseMs = 3_000;
const storeReadEveryMs = 2_000;
const probeTimeoutMs = 1_000;
const loopTickMs = 1_000;
/** A loop that is later than this was standing still, not busy. */
const loopDelayMaxMs = 1_000;

/** The streams of facts the chart listens to, fed by the real world. */
export function createObservers(resources: NodeResources): Observers {
  const { clock, endpoints, own, scheduler } = resources;
  const timing = {
    timeoutMs: probeTimeoutMs,
    scheduler,
    now: () => clock.nowMs(),
  };
  return {
    observePeers: () => observePeers(resources),
    observeLoop: () => observeLoop(resources),
    observeStore: ({ isNeeded, lineages }) =>
      isNeeded ? observeStore(resources, lineages) : NEVER,
    surveyCluster: () => surveyCluster(resources, surveyPauseMs),
    surveySuccessor: () =>
      surveyCluster(resources, successorPauseMs).pipe(
        filter((event) => event.type === 'cluster.surveyed' && event.answer.kind === 'answers'),
      ),
    observeCertificates: () => observeCertificates(resources),
    observeEtcd: () =>
      resources.ownEveryMs$.pipe(
        distinctUntilChanged(),
        switchMap((intervalMs) => probeOwn$(own, { ...timing, intervalMs })),
        map(({ atMs, alarms, ...answers }) => ({
          type: 'etcd.probed',
          atMs,
          probe: { ...answers, alarms: alarms.map(({ kind }) => kind) },
        })),
      ),
    observeMembers: () =>
      resources.listFrom$.pipe(
        distinctUntilChanged(),
        switchMap((url) =>
          probeMembers$({
            ...timing,
            endpoint: endpoints.at(url),
            endpoints,
            everyMs$: resources.membersEveryMs$,
            now$: livenessChanges$(resources),
          }),
        ),
        switchMap(({ atMs, members, statuses, progress }) =>
          'members' in members
            ? of<NodeEvent>({
                type: 'members.observed',
                atMs,
                observation: { members: members.members, statuses, progress },
              })
            : EMPTY,
        ),
      ),
    watchEtcd: ({ pid }) => watchEtcd(resources, pid),
  };
}

function peers$({ gossip }: NodeResources): Observable<readonly Peer[]> {
  return gossip?.peers$() ?? of([]);
}

function surveyCluster(resources: NodeResources, pauseMs: number): Observable<NodeEvent> {
  const { clock, endpoints, scheduler } = resources;
  return surveyCluster$({
    clientUrls$: peers$(resources).pipe(map(clientUrlsOf)),
    pauseMs,
    scheduler,
    survey$: surveyOnce$(endpoints, probeTimeoutMs),
  }).pipe(
    map((answer) => ({
      type: 'cluster.surveyed',
      atMs: clock.nowMs(),
      answer: answerOf(answer),
    })),
  );
}

function observePeers(resources: NodeResources): Observable<NodeEvent> {
  const { clock, gossip } = resources;
  if (gossip === null) return NEVER;
  return merge(
    gossip
      .peers$()
      .pipe(map((peers): NodeEvent => ({ type: 'gossip.changed', atMs: clock.nowMs(), peers }))),
    NEVER,
  );
}

/**
 * What the store holds, read until it can be read, and then now and then: somebody may be putting
 * it right. Trouble with it is a fact like any other (S1).
 */
function observeStore(
  { host, clock, scheduler }: NodeResources,
  lineages: readonly string[],
): Observable<NodeEvent> {
  const { snapshots } = host;
  if (snapshots === null) return NEVER;
  const read = () =>
    abortable$((signal) => snapshots.read(lineages, signal)).pipe(
      catchError((problem) =>
        of({ fact: 'unreadable', sentence: toFault(problem).message } as const),
      ),
    );
  return repeatProbe$({ everyMs$: of(storeReadEveryMs), scheduler }, read).pipe(
    distinctUntilChanged((a, b) => a.fact === b.fact && a.sentence === b.sentence),
    map((reading) => ({ type: 'store.read', atMs: clock.nowMs(), reading })),
  );
}

function observeCertificates({ host, clock }: NodeResources): Observable<NodeEvent> {
  const readings$ = host.certificates?.readings$() ?? NEVER;
  return merge(readings$, NEVER).pipe(
    map((reading) => ({ type: 'certificates.read', atMs: clock.nowMs(), reading })),
  );
}

/** S17: a timer that fires late shows that this process stood still, and could see nobody. */
function observeLoop({ clock, gossip, scheduler }: NodeResources): Observable<NodeEvent> {
  return interval(loopTickMs, scheduler).pipe(
    map(() => clock.nowMs()),
    startWith(clock.nowMs()),
    pairwise(),
    map(([before, now]) => ({ now, delayMs: Math.max(0, now - before - loopTickMs) })),
    switchMap(({ now, delayMs }) => {
      gossip?.setLocalDelay(delayMs);
      return delayMs > loopDelayMaxMs
        ? of<NodeEvent>({ type: 'loop.delayed', atMs: now, delayMs: Math.round(delayMs) })
        : EMPTY;
    }),
  );
}

/** Endpoints worth asking: nodes that have, or had, an etcd; the dead ones may only look dead. */
function clientUrlsOf(peers: readonly Peer[]): readonly string[] {
  return peers
    .filter(({ status, data }) => status === 'running' || data === 'readable')
    .map(({ clientUrl }) => clientUrl);
}

function livenessChanges$(resources: NodeResources): Observable<string> {
  return peers$(resources).pipe(
    map((peers) => peers.map(({ name, liveness, status }) => `${name} ${liveness} ${status}`)),
    map((lines) => lines.join()),
    distinctUntilChanged(),
  );
}

function answerOf(answer: SurveyAnswer): ClusterAnswer {
  if (answer.kind === 'silent') return { kind: 'silent' };
  const { clusterId, members, statuses, record } = answer;
  return { kind: 'answers', clusterId, members, answering: Object.keys(statuses), record };
}

type SurveyAnswer =
  ReturnType<typeof surveyCluster$> extends Observable<infer Answer> ? Answer : never;

function watchEtcd(resources: NodeResources, pid: number): Observable<NodeEvent> {
  const { etcd, clock } = resources;
  if (etcd?.pid !== pid) return throwError(() => new Error(`process ${pid} is not watched`));
  return merge(
    from(etcd.exited).pipe(
      filter(({ requested }) => !requested),
      map(({ reason }): NodeEvent => ({ type: 'etcd.exited', atMs: clock.nowMs(), reason })),
    ),
    NEVER,
  );
}
