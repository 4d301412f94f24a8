/**
 * One snapshot of a running etcd into a store, as a process of its own so that its memory is its
 * own: `snapshot-saver ETCD-URL STORE-URL [S3-ENDPOINT]`. Prints what it took as JSON.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createEtcdEndpoint } from '../src/etcd/client/create-endpoint.ts';
import { sourceOf } from '../src/node/snapshots/source-of.ts';
import { openStore } from '../src/snapshots/store/open-store.ts';
import { saveSnapshot } from '../src/snapshots/taking/save-snapshot.ts';

const [etcdUrl = '', storeUrl = '', s3Endpoint = null] = process.argv.slice(2);
const accessKey = { id: 'bench', secret: 'bench-secret' };
const noS3 = { roleSessionName: null, spacesKey: null };
const store = await openStore(storeUrl, {
  s3: { ...noS3, endpoint: s3Endpoint, accessKey, region: 'us-east-1' },
});
const endpoint = createEtcdEndpoint(etcdUrl);
const { signal } = new AbortController();
// Both clients are loaded and connected, as in an e2d that has been running.
await endpoint.status();
await store.objects.list('', { signal });

const before = memoryMb('VmRSS');
// The kernel takes the highest from here on.
writeFileSync('/proc/self/clear_refs', '5');
const beganMs = performance.now();
const record = await saveSnapshot({
  source: sourceOf(endpoint),
  store,
  describe: {
    lineage: 'bench',
    parent: null,
    requiredSize: 1,
    e2dVersion: 'bench',
    retention: { allMs: 0, hourlyMs: 0, dailyMs: 0, count: null },
    trigger: 'request',
  },
  compression: 'none',
  key: null,
  withHashKv: false,
  signal,
  wallTime: () => new Date(),
  drawSuffix: () => randomBytes(3).toString('hex'),
});
const tookMs = performance.now() - beganMs;
const extraMb = memoryMb('VmHWM') - before;
console.log(JSON.stringify({ tookMs, extraMb, bytes: record.content.sizeBytes }));
store.objects.close();
endpoint.close();

function memoryMb(field: string): number {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1_024;
}
