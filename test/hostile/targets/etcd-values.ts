import type { EtcdEndpoint } from '../../../src/etcd/client/endpoint.ts';
import { EtcdFault } from '../../../src/etcd/client/etcd-fault.ts';
import {
  readClusterRecord,
  writeClusterRecord,
} from '../../../src/etcd/membership/cluster-record.ts';
import { acquireLock } from '../../../src/etcd/membership/membership-lock.ts';
import { checkOrder, writeOrder } from '../../../src/etcd/membership/restore-order.ts';
import { writeRestoredRecord } from '../../../src/etcd/membership/restored-record.ts';
import { readE2dUsers } from '../../../src/etcd/users/e2d-users.ts';
import type { SeededRandom } from '../../../src/simulation/seeded-random.ts';
import { scriptedEndpoint } from '../../unit/etcd/scripted-endpoint.ts';
import type { Target } from '../fuzz.ts';

const bounds = { timeoutMs: 1000 };
const snapshot = { id: 's', sha256: '0123456789abcdef'.repeat(4), revision: 7, replaces: 'l' };
const plan = { id: 'p', coordinator: 'a', members: [], snapshot };
const record = { lineage: 'l', requiredSize: 3 };
const parent = { lineage: 'k', snapshotId: 's', revision: 9 };

/** An etcd that has this under every key that it is asked for. */
function holding(key: string, value: string): EtcdEndpoint {
  const pair = { key, value, createRevision: '1', modRevision: '2' };
  return scriptedEndpoint('http://a:2379', {
    get: async () => pair,
    put: async () => '3',
    grantLease: async () => '4',
    revokeLease: async () => undefined,
    transact: async () => ({ succeeded: false, found: [[pair]], revision: '5' }),
  });
}

/** What is told to people, and to other nodes. */
function showable(told: unknown): void {
  for (const text of JSON.stringify(told).match(/"(?:[^"\\]|\\.)*"/g) ?? []) {
    const said = String(JSON.parse(text));
    if (said.length > 256) throw new Error(`a text of ${said.length} characters was believed`);
    if (/\p{Cc}/u.test(said)) throw new Error('control characters were taken for a name');
  }
}

function target(
  name: string,
  corpus: readonly unknown[],
  read: (value: string, random: SeededRandom) => Promise<unknown>,
): Target {
  return {
    name,
    corpus: corpus.map((one) => JSON.stringify(one)),
    syntax: 'json',
    feed: async (input, random) =>
      showable(await read(Buffer.from(input).toString('utf8'), random)),
    expected: (error) => error instanceof EtcdFault,
  };
}

const records = target('cluster records', [record, { ...record, parent }], (value, random) => {
  const etcd = holding('/_e2d/cluster', value);
  return random.chance(0.5) ? readClusterRecord(etcd, bounds) : writeClusterRecord(etcd, record);
});

const restoredRecords = target('restored records', [{ ...record, lineage: 'n' }], async (value) => {
  const restored = { ...snapshot, parent };
  const etcd = holding('/_e2d/cluster', value);
  return writeRestoredRecord(etcd, { record: { ...record, lineage: 'n' }, restored }, bounds);
});

const order = { planId: 'p', lineage: 'l', snapshotId: 's' };
const orders = target('orders to go back', [order, record], async (value, random) => {
  const etcd = holding('/_e2d/restore', value);
  if (random.chance(0.5)) return writeOrder(etcd, plan, bounds).then(() => null);
  await checkOrder(etcd, plan, bounds);
  const { planId, lineage, snapshotId } = JSON.parse(value) as typeof order;
  const isSo = planId === 'p' && lineage === 'l' && snapshotId === 's';
  if (!isSo) throw new Error('another order was followed');
  return null;
});

const users = target('user register', [{ user: 'e2d', node: 'a' }], async (value, random) => {
  const key = random.chance(0.8) ? '/_e2d/users/8e9e05c52164694d' : `/_e2d/users/${value}`;
  return [...(await readE2dUsers(holding(key, value), bounds))];
});

const locks = target('membership locks', [{ node: 'a', change: 'add a learner' }], (value) =>
  acquireLock(holding('/_e2d/membership/lock', value), { node: 'b', change: 'remove' }, bounds),
);

export const etcdValueTargets: readonly Target[] = [
  ...[records, restoredRecords, orders, users, locks],
];
