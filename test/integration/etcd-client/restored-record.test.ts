import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BootstrapPlan } from '../../../machines/facts.ts';
import type { EtcdEndpoint } from '../../../src/etcd/client/endpoint.ts';
import { createEndpointPool, type EndpointPool } from '../../../src/etcd/client/endpoint-pool.ts';
import { loadEtcd3 } from '../../../src/etcd/client/load-etcd3.ts';
import { readClusterRecord } from '../../../src/etcd/membership/cluster-record.ts';
import {
  clusterRecordKey,
  lockKey,
  restoreOrderKey,
  snapshotMarkerKey,
} from '../../../src/etcd/membership/keys.ts';
import { checkOrder, writeOrder } from '../../../src/etcd/membership/restore-order.ts';
import { writeRestoredRecord } from '../../../src/etcd/membership/restored-record.ts';
import { type EtcdCluster, startEtcdCluster } from '../../support/etcd-launcher.ts';

const restored = { id: 's1', sha256: '1'.repeat(64), revision: 9 };
const record = { lineage: 'l2', requiredSize: 3 };
const parent = { lineage: 'l1', snapshotId: 's1', revision: 9 };
const outside = ['/_e2', '/_e2c~', '/_e2e', '/_e', 'a', '/app/_e2d'];
const volatile = ['/_e2d', '/_e2d/x', '/_e2dz', '/_e2d/clustera', lockKey, restoreOrderKey];

let cluster: EtcdCluster;
let endpoints: EndpointPool;
let endpoint: EtcdEndpoint;

beforeAll(async () => {
  await loadEtcd3();
  cluster = await startEtcdCluster(1);
  endpoints = createEndpointPool();
  endpoint = endpoints.at(cluster.member(0).clientUrl);
});

afterAll(async () => {
  endpoints.close();
  await cluster.stop();
});

beforeEach(async () => {
  await endpoint.transact({
    conditions: [],
    success: [{ kind: 'delete', key: '\0', end: '\0' }],
  });
  for (const key of [...outside, ...volatile]) await endpoint.put(key, key);
});

const valueAt = async (key: string) => (await endpoint.get(key))?.value ?? null;

async function putOldRecord(value: unknown = { lineage: 'l1', requiredSize: 1 }): Promise<void> {
  await endpoint.put(clusterRecordKey, typeof value === 'string' ? value : JSON.stringify(value));
}

describe('the record of a restored cluster (S5)', () => {
  test('replaces the old one, of whatever size, and names it as its parent', async () => {
    await putOldRecord();
    const written = await writeRestoredRecord(endpoint, { record, restored });
    expect(written).toEqual({ ...record, parent });
    expect(await readClusterRecord(endpoint)).toEqual(written);
  });

  test('clears all that e2d wrote, by its prefix of bytes, and nothing else', async () => {
    await putOldRecord();
    await writeRestoredRecord(endpoint, { record, restored });
    expect(await Promise.all(volatile.map(valueAt))).toEqual(volatile.map(() => null));
    expect(await Promise.all(outside.map(valueAt))).toEqual(outside);
  });

  test('comes with the marker of what was restored', async () => {
    await putOldRecord();
    await endpoint.put(snapshotMarkerKey, '1577836800');
    await writeRestoredRecord(endpoint, { record, restored });
    expect(JSON.parse((await valueAt(snapshotMarkerKey)) ?? '')).toEqual({
      lineage: 'l2',
      snapshotId: 's1',
      sha256: restored.sha256,
      revision: 9,
      from: 'l1',
    });
  });

  test.each([
    ['there is none', null],
    ['there is something else', 'no record'],
    ['it is of another shape', { lineage: 7 }],
  ])('is written when %s', async (_, old) => {
    if (old !== null) await putOldRecord(old);
    const written = await writeRestoredRecord(endpoint, { record, restored });
    expect(written.parent).toEqual({ ...parent, lineage: null });
    expect(await valueAt('/_e2d/x')).toBeNull();
  });

  test('is written once, whoever else asks for it at the same time', async () => {
    await putOldRecord();
    const ask = () => writeRestoredRecord(endpoint, { record, restored });
    const answers = await Promise.all([ask(), ask(), ask()]);
    expect(answers).toEqual(answers.map(() => ({ ...record, parent })));
    const pair = await endpoint.get(clusterRecordKey);
    expect(pair?.createRevision).not.toBe(pair?.modRevision);
    await endpoint.put('/_e2d/x', 'of the new cluster');
    expect(await ask()).toEqual({ ...record, parent });
    expect(await valueAt('/_e2d/x')).toBe('of the new cluster');
    expect((await endpoint.get(clusterRecordKey))?.modRevision).toBe(pair?.modRevision);
  });
});

describe('the order for a cluster to go back (S2)', () => {
  const plan: BootstrapPlan = {
    id: 'p1',
    coordinator: 'id-a',
    members: [],
    snapshot: { ...restored, replaces: 'l1' },
  };

  beforeEach(() => putOldRecord());

  test('is found by the others once the cluster holds it', async () => {
    await writeOrder(endpoint, plan);
    await expect(checkOrder(endpoint, plan)).resolves.toBeUndefined();
  });

  test.each<[string, BootstrapPlan]>([
    ['another plan', { ...plan, id: 'p2' }],
    ['another snapshot', { ...plan, snapshot: { ...restored, id: 's2', replaces: 'l1' } }],
    ['another lineage', { ...plan, snapshot: { ...restored, replaces: 'l2' } }],
  ])('of %s is none', async (_, other) => {
    await writeOrder(endpoint, plan);
    await expect(checkOrder(endpoint, other)).rejects.toThrow(/no order/);
  });

  test('is not there because gossip says so', async () => {
    await expect(checkOrder(endpoint, plan)).rejects.toThrow(/no order/);
    await endpoint.put(restoreOrderKey, 'not even JSON');
    await expect(checkOrder(endpoint, plan)).rejects.toThrow(/no order/);
  });

  test('is not written into a cluster of another lineage', async () => {
    await putOldRecord({ lineage: 'l9', requiredSize: 3 });
    await endpoint.transact({
      conditions: [],
      success: [{ kind: 'delete', key: restoreOrderKey }],
    });
    await expect(writeOrder(endpoint, plan)).rejects.toThrow(/l9/);
    expect(await valueAt(restoreOrderKey)).toBeNull();
  });
});
