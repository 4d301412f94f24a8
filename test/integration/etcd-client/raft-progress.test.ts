import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEtcdEndpoint } from '../../../src/etcd/client/create-endpoint.ts';
import type { EtcdEndpoint } from '../../../src/etcd/client/endpoint.ts';
import { type EtcdCluster, healthy, startEtcdCluster } from '../../support/etcd-launcher.ts';

let cluster: EtcdCluster;
const endpoints: EtcdEndpoint[] = [];

beforeAll(async () => {
  cluster = await startEtcdCluster(3);
  endpoints.push(...cluster.members.map(({ clientUrl }) => createEtcdEndpoint(clientUrl)));
  await Promise.all(cluster.members.map((one) => healthy(one)));
});

afterAll(async () => {
  for (const endpoint of endpoints) endpoint.close();
  await cluster.stop();
});

describe('raft’s own account of progress', () => {
  test('comes from the leader, for every member, and from nobody else', async () => {
    const answers = await Promise.allSettled(endpoints.map((one) => one.raftProgress()));
    const told = answers.filter((answer) => answer.status === 'fulfilled');
    expect(told).toHaveLength(1);
    const { members } = await (endpoints[0] as EtcdEndpoint).memberList();
    const progress = told[0]?.value;
    expect(Object.keys(progress?.match ?? {}).sort()).toEqual(members.map(({ id }) => id).sort());
    expect(progress?.commit).toBeGreaterThan(0);
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'not-leader' });
    }
  });

  test('fails like every other call when nobody listens', async () => {
    const nobody = createEtcdEndpoint('http://127.0.0.1:9');
    await expect(nobody.raftProgress()).rejects.toMatchObject({ code: 'unavailable' });
    nobody.close();
  });
});
