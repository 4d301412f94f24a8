import {
  asyncScheduler,
  BehaviorSubject,
  filter,
  firstValueFrom,
  map,
  type Observable,
  of,
  Subject,
  share,
  timeout,
} from 'rxjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEndpointPool, type EndpointPool } from '../../../src/etcd/client/endpoint-pool.ts';
import { loadEtcd3 } from '../../../src/etcd/client/load-etcd3.ts';
import { writeClusterRecord } from '../../../src/etcd/membership/cluster-record.ts';
import { probeMembers$ } from '../../../src/etcd/probes/probe-members.ts';
import { probeOwn$ } from '../../../src/etcd/probes/probe-own.ts';
import { surveyCluster$, surveyOnce$ } from '../../../src/etcd/probes/survey-cluster.ts';
import { type EtcdCluster, healthy, startEtcdCluster } from '../../support/etcd-launcher.ts';
import { waitUntil } from '../../support/wait-until.ts';

const timing = { timeoutMs: 500, scheduler: asyncScheduler, now: () => performance.now() };

/** The first probe that is as described, within the time. */
function firstThat<T>(probes$: Observable<T>, is: (probe: T) => boolean, withinMs = 10_000) {
  return firstValueFrom(probes$.pipe(filter(is), timeout({ first: withinMs })));
}

describe('probing three members', () => {
  let cluster: EtcdCluster;
  let endpoints: EndpointPool;
  beforeAll(async () => {
    await loadEtcd3();
    cluster = await startEtcdCluster(3);
    endpoints = createEndpointPool();
  });
  afterAll(async () => {
    endpoints.close();
    await cluster.stop();
  });

  test('our own etcd: healthy, killed, and healthy again soon after it serves', async () => {
    const member = cluster.member(0);
    const probes$ = probeOwn$(endpoints.at(member.clientUrl), { ...timing, intervalMs: 200 }).pipe(
      share(),
    );
    const keptAlive = probes$.subscribe();
    try {
      const well = await firstThat(probes$, ({ linearizable }) => linearizable === 'ok');
      expect(well).toMatchObject({ serializable: 'ok', alarms: [], status: { learner: false } });
      await member.kill();
      const unavailable = { code: 'unavailable', message: expect.any(String) };
      const down = await firstThat(probes$, ({ linearizable }) => linearizable !== 'ok');
      expect(down).toMatchObject({ linearizable: unavailable, serializable: unavailable });
      member.restart();
      await healthy(member);
      await firstThat(probes$, ({ linearizable }) => linearizable === 'ok', 1_000);
    } finally {
      keptAlive.unsubscribe();
    }
  });

  test('others: a member that is lost is a fault by its id, and is found when it is back', async () => {
    const asked$ = new Subject<void>();
    const everyMs$ = new BehaviorSubject(60_000);
    const endpoint = endpoints.at(cluster.member(0).clientUrl);
    const options = { ...timing, endpoint, endpoints, everyMs$, now$: asked$ };
    const probes$ = probeMembers$(options).pipe(share());
    const keptAlive = probes$.subscribe();
    try {
      const lost = cluster.member(2);
      const { memberId } = await endpoints.at(lost.clientUrl).status();
      const known = firstThat(probes$, ({ statuses }) => Object.keys(statuses).length === 3);
      asked$.next();
      expect(await known).toMatchObject({ members: { members: { length: 3 } }, faults: {} });

      await lost.kill();
      const missed = firstThat(probes$, ({ faults }) => memberId in faults);
      asked$.next();
      expect((await missed).faults[memberId]).toMatchObject({ code: 'unavailable' });

      everyMs$.next(200);
      lost.restart();
      await healthy(lost);
      await firstThat(probes$, ({ statuses }) => memberId in statuses, 1_500);
    } finally {
      keptAlive.unsubscribe();
    }
  });

  test('a paused member is a fault while the others answer', async () => {
    const paused = cluster.member(1);
    const { memberId } = await endpoints.at(paused.clientUrl).status();
    await paused.pause();
    try {
      const endpoint = endpoints.at(cluster.member(0).clientUrl);
      const probes$ = probeMembers$({ ...timing, endpoint, endpoints, everyMs$: of(200) });
      const probe = await firstThat(probes$, ({ statuses }) => Object.keys(statuses).length === 2);
      expect(probe.faults[memberId]).toMatchObject({ code: 'deadline' });
    } finally {
      paused.resume();
    }
  });

  test('a survey answers as soon as one client URL has a quorum behind it', async () => {
    const clientUrls$ = new BehaviorSubject<readonly string[]>(['http://127.0.0.1:1']);
    const endpoint = endpoints.at(cluster.member(0).clientUrl);
    const record = await waitUntil(
      () => writeClusterRecord(endpoint, { lineage: 'l-1', requiredSize: 3 }),
      { what: 'there is a leader again', withinMs: 10_000 },
    );
    const survey$ = surveyOnce$(endpoints, 500);
    const options = { clientUrls$, pauseMs: 60_000, scheduler: asyncScheduler, survey$ };
    const answers$ = surveyCluster$(options).pipe(share());
    const kinds = firstValueFrom(answers$.pipe(map(({ kind }) => kind)));
    const answered = firstThat(answers$, ({ kind }) => kind === 'answers');
    expect(await kinds).toBe('silent');
    const { clientUrl } = cluster.member(1);
    clientUrls$.next(['http://127.0.0.1:1', clientUrl]);
    const { members, clusterId } = await endpoint.memberList();
    expect(await answered).toMatchObject({ members, clusterId, record, via: clientUrl });
  });

  test('a survey of a minority is silent', async () => {
    await Promise.all([cluster.member(1).kill(), cluster.member(2).kill()]);
    const answer = await firstValueFrom(surveyOnce$(endpoints, 500)(cluster.clientUrls));
    if (answer.kind !== 'silent') throw new Error(JSON.stringify(answer));
    expect(Object.keys(answer.faults).sort()).toEqual([...cluster.clientUrls].sort());
  });
});
