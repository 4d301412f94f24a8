import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  backupMetaSchema,
  renderBackupMeta,
} from '../../../../src/snapshots/catalogue/backup-meta.ts';
import {
  isProofFile,
  makeSnapshotId,
  parseSnapshotId,
  proofKey,
  timeOfName,
} from '../../../../src/snapshots/catalogue/layout.ts';

describe('the id of a snapshot', () => {
  const parts = { takenAtMs: Date.parse('2026-11-21T10:00:00Z'), revision: 12345 };

  test('tells the time, the revision and six digits by chance', () => {
    const id = makeSnapshotId({ ...parts, suffix: 'a1b2c3' });
    expect(id).toBe('2026-11-21T10:00:00Z-000000012345-a1b2c3');
  });

  test('is read back as it was made, and sorts by time and then by revision', () => {
    const anyParts = fc.record({
      takenAtMs: fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1000),
      revision: fc.integer({ min: 0, max: 1e12 - 1 }),
      suffix: fc.constantFrom('000000', 'a1b2c3', 'ffffff'),
    });
    const property = fc.property(anyParts, anyParts, (one, other) => {
      const [a, b] = [makeSnapshotId(one), makeSnapshotId(other)];
      expect(parseSnapshotId(a)).toEqual(one);
      const order = one.takenAtMs - other.takenAtMs || one.revision - other.revision;
      if (order !== 0) expect(a < b).toBe(order < 0);
    });
    fc.assert(property, { numRuns: 300 });
  });

  test.each([
    '',
    'control',
    '2019-05-07T18:28:01Z-000977',
    '2026-11-21T10:00:00Z-000000012345',
    '2026-13-21T10:00:00Z-000000012345-a1b2c3',
    '2026-11-21T10:00:00Z-000000012345-A1B2C3',
    '2026-11-21T10:00:00Z-000000012345-a1b2c3 ',
    'x/2026-11-21T10:00:00Z-000000012345-a1b2c3',
  ])('is not made of "%s"', (name) => {
    expect(parseSnapshotId(name)).toBeNull();
  });

  test.each([
    ['2019-05-07T18:28:01Z-000977', '2019-05-07T18:28:01.000Z'],
    ['2019-05-07T18:28:01Z-', '2019-05-07T18:28:01.000Z'],
    ['2019-05-07T18:28:01Z-by hand', '2019-05-07T18:28:01.000Z'],
  ])('of any tool tells the time: %s', (name, time) => {
    expect(new Date(timeOfName(name) ?? 0).toISOString()).toBe(time);
  });

  test.each(['control', '2019-05-07T18:28:01Z', '2019-15-07T18:28:01Z-1'])(
    'of no tool tells none: %s',
    (name) => {
      expect(timeOfName(name)).toBeNull();
    },
  );
});

test('a proof is told by its name', () => {
  const key = proofKey('id', Date.parse('2026-11-21T10:00:00Z'));
  expect(key).toBe('id/e2d.proof-20261121T100000Z.json');
  expect(isProofFile('e2d.proof-20261121T100000Z.json')).toBe(true);
  expect(isProofFile('e2d.proof-20261121T100000Z.json.tmp')).toBe(false);
  expect(isProofFile('e2d.json')).toBe(false);
});

const spec = { memberCount: 3, etcdVersion: '3.5.7' };

describe('_etcd_backup.meta', () => {
  test('is written to the byte as etcd-manager writes it', () => {
    const text = renderBackupMeta({
      etcdVersion: '3.5.7',
      takenAtSeconds: 1560935018,
      clusterSpec: spec,
    });
    expect(text).toBe(`{
  "etcdVersion": "3.5.7",
  "timestamp": "1560935018",
  "clusterSpec": {
    "memberCount": 3,
    "etcdVersion": "3.5.7"
  }
}`);
  });

  test('leaves out what is zero', () => {
    const empty = { etcdVersion: '3.5.7', takenAtSeconds: 0, clusterSpec: null };
    expect(renderBackupMeta(empty)).toBe('{\n  "etcdVersion": "3.5.7"\n}');
    const noCount = { ...empty, clusterSpec: { memberCount: 0, etcdVersion: '3.5.7' } };
    expect(JSON.parse(renderBackupMeta(noCount)).clusterSpec).toEqual({ etcdVersion: '3.5.7' });
  });

  const full = { etcdVersion: '3.5.7', takenAtSeconds: 1560935018, clusterSpec: spec };
  test.each([
    [
      'with old keys and numbers',
      { etcd_version: '3.5.7', timestamp: 1560935018, cluster_spec: snakeSpec(3) },
      full,
    ],
    [
      'with a count in a string',
      { etcdVersion: '3.5.7', timestamp: '1560935018', clusterSpec: snakeSpec('3') },
      full,
    ],
    [
      'with nothing but the version',
      { etcdVersion: '3.2.24' },
      { etcdVersion: '3.2.24', takenAtSeconds: 0, clusterSpec: null },
    ],
    [
      'with nulls for what is not there',
      { etcdVersion: null, timestamp: null, clusterSpec: null },
      { etcdVersion: '', takenAtSeconds: 0, clusterSpec: null },
    ],
  ])('is read %s', (_, message, meta) => {
    expect(backupMetaSchema.parse(message)).toEqual(meta);
  });

  test('is read back as it was written', () => {
    expect(backupMetaSchema.parse(JSON.parse(renderBackupMeta(full)))).toEqual(full);
  });

  test.each([null, [], 'text', { timestamp: 'soon' }, { etcdVersion: 3 }, { clusterSpec: 3 }])(
    'is refused when it is %j',
    (message) => {
      expect(backupMetaSchema.safeParse(message).success).toBe(false);
    },
  );
});

function snakeSpec(memberCount: number | string): object {
  return { member_count: memberCount, etcd_version: '3.5.7' };
}
