import { X509Certificate } from 'node:crypto';
import type { EtcdEndpoint } from '../../../src/etcd/client/endpoint.ts';
import { EtcdFault } from '../../../src/etcd/client/etcd-fault.ts';
import {
  readClusterRecord,
  writeClusterRecord,
} from '../../../src/etcd/membership/cluster-record.ts';
import { acquireLock } from '../../../src/etcd/membership/membership-lock.ts';
import { checkOrder, writeOrder } from '../../../src/etcd/membership/restore-order.ts';
import { writeRestoredRecord } from '../../../src/etcd/membership/restored-record.ts';
import { readRotationRegister } from '../../../src/etcd/pki/rotation-register.ts';
import { warrantFor } from '../../../src/etcd/pki/warrant.ts';
import { readE2dUsers } from '../../../src/etcd/users/e2d-users.ts';
import { bundleAfter } from '../../../src/node/rotation/bundle.ts';
import { nextMove } from '../../../src/node/rotation/next-move.ts';
import type { SeededRandom } from '../../../src/simulation/seeded-random.ts';
import { CertificateAuthority } from '../../support/certificates.ts';
import { scriptedEndpoint } from '../../unit/etcd/scripted-endpoint.ts';
import { isDocumented, type Target } from '../fuzz.ts';

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

let authorities: { old: string; oldKey: string; next: string; leaf: string } | null = null;

/** Made when they are asked for: keys take their time. */
function certificates() {
  if (authorities !== null) return authorities;
  const old = new CertificateAuthority('old');
  const next = new CertificateAuthority('new').certificate;
  authorities = {
    old: old.certificate,
    oldKey: old.key,
    next,
    leaf: old.issue('leaf', ['10.0.0.1']).certificate,
  };
  return authorities;
}

function rotationCorpus(): readonly string[] {
  const { old, oldKey, next, leaf } = certificates();
  const written = (certificate: string) => ({
    certificate,
    fingerprint: new X509Certificate(certificate).fingerprint256,
  });
  const at = '2026-11-21T10:00:00.000Z';
  const change = { id: 'r', old: written(old), new: written(next) };
  const warrant = warrantFor(change, oldKey);
  const known = { ...change, warrant, beganAt: at, phaseBeganAt: at };
  const report = {
    ...{ node: 'a', rotation: { id: 'r', phase: 'reissue' }, problems: [], reportedAt: at },
    trusted: [{ path: '/ca', authorities: [written(old).fingerprint] }],
    etcd: { clients: [written(old).fingerprint], peers: [] },
    certificates: [{ role: 'peer', path: '/p', certificate: leaf }],
  };
  return [JSON.stringify({ ...known, phase: 'reissue' }), JSON.stringify(report)];
}

/** What a change of authorities is conducted by: the order, and what the nodes report. */
const rotations: Target = {
  name: 'changes of authorities',
  get corpus() {
    return known();
  },
  syntax: 'json',
  // Each of the 64 certificates that a file may have is looked for among the others.
  maxMs: 4000,
  expected: (error) => error instanceof EtcdFault || isDocumented(error),
  async feed(input, random) {
    const value = Buffer.from(input).toString('utf8');
    const [order = '', report = ''] = known();
    const of = (key: string, text: string) => [
      { key, value: text, createRevision: '1', modRevision: '2' },
    ];
    const isOrder = random.chance(0.5);
    const found = [
      of('/_e2d/pki/rotation', isOrder ? value : order),
      of('/_e2d/pki/rotation/certificates/AB', random.chance(0.1) ? value : certificates().leaf),
      of('/_e2d/pki/nodes/8e9e05c52164694d', isOrder ? report : value),
    ];
    const etcd = scriptedEndpoint('http://a:2379', {
      transact: async () => ({ succeeded: true, found, revision: '5' }),
    });
    const { rotation, reports, reissued } = await readRotationRegister(etcd, bounds);
    if (rotation === null) return;
    const bundle = bundleAfter('trust-both', rotation.old.certificate, rotation);
    if (bundleAfter('trust-both', bundle, rotation) !== bundle) throw new Error('it grows');
    const members = [
      {
        ...{ id: '8e9e05c52164694d', name: 'a', learner: false },
        ...{ peerUrls: ['https://10.0.0.1:2380'], clientUrls: ['https://10.0.0.1:2379'] },
      },
    ];
    nextMove({ rotation, reports, reissued, members }, new Date('2026-11-21T10:00:00Z'));
  },
};

let corpus: readonly string[] | null = null;
function known(): readonly string[] {
  corpus ??= rotationCorpus();
  return corpus;
}

export const etcdValueTargets: readonly Target[] = [
  ...[records, restoredRecords, orders, users, locks, rotations],
];
