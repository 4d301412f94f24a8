import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StatusReport } from '../../../machines/status-report.ts';
import { weighSources } from '../../../src/cli/recovery-sources.ts';
import { renderIntent, renderRemains } from '../../../src/cli/render-recovery.ts';
import { leftBehindOf, renderApproval, renderGoingBack } from '../../../src/cli/restore-preview.ts';
import {
  movedAsideIn,
  receiptOf,
  renderReceipt,
  writeReceipt,
} from '../../../src/cli/restore-receipt.ts';
import { sourcesOf } from '../../../src/cli/stored-sources.ts';
import type { SnapshotEntry } from '../../../src/snapshots/catalogue/snapshot-entry.ts';
import { suspectingRun } from '../../support/inspect-example.ts';
import { entry, record } from './restore-example.ts';
import { degraded, surveying } from './status-example.ts';

const nowMs = Date.parse('2026-11-21T10:00:00Z');
const own = degraded.members[0]?.id ?? null;
const running: StatusReport = { ...degraded, etcd: { ...degraded.etcd, memberId: own } };
const ofOther: SnapshotEntry = {
  ...entry,
  kind: 'e2d',
  record: { ...record, lineage: 'l-9' },
  proof: null,
};
const single: SnapshotEntry = {
  kind: 'single',
  id: 'etcd.snapshot',
  takenAt: '2026-11-20T10:00:00Z',
  storedBytes: 2_048,
};

describe('a cluster that is to go back', () => {
  test('is shown beside the snapshot, with what is left behind', () => {
    const text = renderGoingBack({ report: running, entry, nowMs });
    expect(text.split('\n').slice(0, 10)).toEqual([
      '          THE CLUSTER  SNAPSHOT 2026-11-21T07:00:00Z-000000004650-a1b2c3',
      'lineage   l-1          l-1',
      'revision  4711         4650',
      'members   m1, m2, abc  m1, m2',
      'taken     now          3h ago (2026-11-21T07:00:00Z)',
      'size      25.0 MiB     25.0 MiB',
      'keys                   120',
      'proven                 yes, 2h ago',
      '',
      'What is left behind: revisions 4651 to 4711 (61), and what is written until then.',
    ]);
    expect(text).toContain('First e2d takes a fresh snapshot');
    expect(text).toContain('clients are shut out');
    expect(text).toContain('moved aside on all 3 nodes, never deleted');
  });

  test.each([
    ['another lineage', ofOther],
    ['no known lineage', single],
  ])('is warned of a snapshot of %s', (_, other) => {
    const text = renderGoingBack({ report: running, entry: other, nowMs });
    expect(text).toContain('EVERYTHING that the cluster holds is left behind');
    expect(leftBehindOf({ report: running, entry: other, nowMs })).toBeNull();
  });

  test('leaves nothing behind where nothing was written since', () => {
    const same: SnapshotEntry = {
      ...entry,
      record: { ...record, revision: 4711 },
    } as SnapshotEntry;
    expect(leftBehindOf({ report: running, entry: same, nowMs })).toBeNull();
    const before = { ...entry, record: { ...record, revision: 4710 } } as SnapshotEntry;
    expect(leftBehindOf({ report: running, entry: before, nowMs })).toEqual({
      from: 4711,
      to: 4711,
    });
  });
});

test('a lost cluster is shown what it comes back from', () => {
  const text = renderApproval({ report: surveying, entry, nowMs });
  expect(text).toContain('snapshot  2026-11-21T07:00:00Z-000000004650-a1b2c3\n');
  expect(text).toContain('No node has data: all 3 restore this snapshot, as a new lineage.');
  expect(renderApproval({ report: surveying, entry: single, nowMs })).not.toContain('?');
});

describe('what is left of a cluster without quorum', () => {
  const standing = {
    clusterId: 'cdf818194e3a8c32',
    raftTerm: 4,
    appliedIndex: 5_100,
    revision: 4711,
    dbSizeBytes: 25 * 1024 ** 2,
  };
  const survivors = [
    { name: 'm1', isOwn: true, clientUrl: 'http://m1:2379', standing, problem: null },
    {
      name: 'm2',
      isOwn: false,
      clientUrl: 'http://m2:2379',
      standing: { ...standing, revision: 4700 },
      problem: null,
    },
  ];
  const sought = { lineage: 'l-1', etcdVersion: '3.6.6', nowMs };
  const stored = sourcesOf([entry, { ...ofOther, id: 'other' }], sought, []);
  const weighed = weighSources({
    survivors,
    snapshots: stored.snapshots,
    clusterId: 'cdf818194e3a8c32',
    lineage: 'l-1',
  });
  const m3 = { ...degraded.members[0], name: 'm3', id: 'm3' } as StatusReport['members'][number];
  const report: StatusReport = { ...degraded, members: [...degraded.members.slice(0, 2), m3] };
  const view = { report, lineage: 'l-1', weighed, storeProblem: null, olderSnapshots: 4 };

  test('is shown side by side, with what each choice would lose', () => {
    expect(renderRemains(view)).toBe(
      `Cluster cdf818194e3a8c32 of lineage l-1 is without quorum. What is left of it:

SOURCE                                    TERM  INDEX  REVISION  SIZE      AGE  PROVEN  WOULD LOSE
data of m1 (this node)                    4     5100   4711      25.0 MiB  now  -       nothing that is known
data of m2                                4     5100   4700      25.0 MiB  now  -       revisions 4701 to 4711 (11)
2026-11-21T07:00:00Z-000000004650-a1b2c3  3     5000   4650      7 B       3h   yes     revisions 4651 to 4711 (61)
other                                     3     5000   4650      7 B       3h   never   not proposed: it is of lineage l-9
and 4 older snapshots in the store

No sign of: m3.
What only members that do not answer have is not known, and is not counted.
If one of them can come back with its disk, bring it back instead: nothing is lost then.
Proposed: data of m1 (this node), the most complete source that is known.
`,
    );
  });

  test('says why the store is not in it', () => {
    expect(renderRemains({ ...view, storeProblem: 'it answers 403' })).toContain(
      'The store is not in this list: it answers 403',
    );
    const nothing = { ...weighed, best: null };
    expect(renderRemains({ ...view, weighed: nothing })).toContain('Nothing is left that could');
  });

  test('says what becomes of the data of each survivor', () => {
    const [first, second] = weighed.sources;
    if (first === undefined || second === undefined) throw new Error('there are sources');
    const text = renderIntent(first, view);
    expect(text).toContain('built anew from data of m1 (this node), with m1 as its first member');
    expect(text).toContain('Nothing that is known is lost.');
    expect(text).toContain('The data of m1 is moved aside, never deleted.');
    expect(text).toContain('m2: data there is of the former lineage; it is moved aside');
    expect(renderIntent(second, view)).toContain('Lost for the cluster: revisions 4701 to 4711');
    const source = { kind: 'snapshot', snapshot: stored.find('other') } as const;
    expect(renderIntent({ source, revision: 4650, lost: null, unfit: null }, view)).toContain(
      'not of lineage l-1: EVERYTHING',
    );
  });

  test('has an obstacle for what is encrypted with another key', () => {
    const locked: SnapshotEntry = {
      ...entry,
      record: { ...record, encryptionKeyId: 'k9' },
    } as SnapshotEntry;
    const [source] = sourcesOf([locked], sought, ['k1']).snapshots;
    expect(source?.obstacle).toContain('encrypted with the key k9');
  });
});

describe('the receipt', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'e2d-receipt-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const report = suspectingRun().report();
  const receipt = receiptOf({
    kind: 'goBack',
    source: { name: 's-1', revision: 800 },
    before: { lineage: 'l0', clusterId: 'c0' },
    leftBehind: { from: 801, to: 900 },
    freshSnapshot: 's-9',
    movedAside: ['/data/member.20261121T100000Z.restored'],
    wallTime: new Date('2026-11-21T10:00:01.900Z'),
    report,
  });

  test('says what was kept, and what was left behind and where it is', () => {
    expect(receipt).toMatchObject({
      writtenAt: '2026-11-21T10:00:01Z',
      after: { lineage: 'l1', clusterId: 'c1', revision: 900 },
    });
    const text = renderReceipt(receipt, '/state/receipts/l1.json');
    expect(text).toContain('kept            s-1 (revision 800)\n');
    expect(text).toContain('left behind     revisions 801 to 900 (100)\n');
    expect(text).toContain('it is in s-9\n');
    expect(text).toContain('lineage now     l1, cluster c1\n');
    expect(text).toContain('/data/member.20261121T100000Z.restored');
    const bare = { ...receipt, leftBehind: null, freshSnapshot: null, movedAside: [] };
    expect(renderReceipt(bare, 'x')).toMatch(
      /nothing that is known\n.*no snapshot was taken of it/,
    );
  });

  test('is written for its owner alone, under the name of the new lineage', async () => {
    const path = await writeReceipt(folder, receipt);
    expect(path).toBe(join(folder, 'receipts', 'l1.json'));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(receipt);
    const odd = { ...receipt, after: { ...receipt.after, lineage: '../../x' } };
    expect(await writeReceipt(folder, odd)).toBe(join(folder, 'receipts', '.._.._x.json'));
  });

  test('that cannot be written is told with what still tells of it', async () => {
    await writeFile(join(folder, 'receipts'), '');
    await expect(writeReceipt(folder, receipt)).rejects.toMatchObject({ code: 'E2D_OUTPUT_FILE' });
  });

  test('knows data that was moved aside by its name', async () => {
    for (const name of ['member', 'member.20261121T100000Z.restored', 'e2d']) {
      await mkdir(join(folder, name));
    }
    expect(await movedAsideIn(folder)).toEqual([join(folder, 'member.20261121T100000Z.restored')]);
    expect(await movedAsideIn(join(folder, 'nowhere'))).toEqual([]);
  });
});
