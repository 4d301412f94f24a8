import { expect, test } from 'vitest';
import type { EtcdEndpoint } from '../../../../src/etcd/client/endpoint.ts';
import {
  readClusterRecord,
  writeClusterRecord,
} from '../../../../src/etcd/membership/cluster-record.ts';
import { scriptedEndpoint } from '../scripted-endpoint.ts';

function holding(value: string | null) {
  const pair = { key: '/_e2d/cluster', createRevision: '2', modRevision: '2' };
  return scriptedEndpoint('http://a:1', {
    get: async () => (value === null ? null : { ...pair, value }),
  });
}

test('a cluster without a record has null', async () => {
  expect(await readClusterRecord(holding(null))).toBeNull();
});

test('a record is read', async () => {
  const record = { lineage: 'l-1', requiredSize: 3 };
  expect(await readClusterRecord(holding(JSON.stringify(record)))).toEqual(record);
});

test.each([
  ...['', '{', '[]', '{"lineage":"l","requiredSize":"3"}', '{"lineage":"","requiredSize":3}'],
  // It is announced, logged and shown.
  JSON.stringify({ lineage: 'l\u001b[2J', requiredSize: 3 }),
  JSON.stringify({ lineage: 'l'.repeat(257), requiredSize: 3 }),
  JSON.stringify({
    ...{ lineage: 'l', requiredSize: 3 },
    parent: { lineage: null, snapshotId: '\u009b31m', revision: 1 },
  }),
])('what is no record is refused: %s', async (value) => {
  await expect(readClusterRecord(holding(value))).rejects.toMatchObject({
    code: 'unexpected-answer',
  });
});

/** Takes a transaction as etcd does where the key of the record was made at revision 2, or not. */
function transacting(present: string | null): EtcdEndpoint {
  const pair = {
    key: '/_e2d/cluster',
    createRevision: '2',
    modRevision: '2',
    value: present ?? '',
  };
  return scriptedEndpoint('http://a:1', {
    transact: async ({ conditions }) => {
      const isNew = conditions.every(
        (one) => 'createRevision' in one && one.createRevision === '0',
      );
      const succeeded = conditions.length === 0 || (isNew && present === null);
      return { succeeded, found: succeeded ? [[]] : [[pair]], revision: '3' };
    },
  });
}

test('a record is written where there is none', async () => {
  const record = { lineage: 'l-2', requiredSize: 5 };
  expect(await writeClusterRecord(transacting(null), record)).toEqual(record);
});

test('a record that is there already stays, and is given back', async () => {
  const present = { lineage: 'l-1', requiredSize: 3 };
  const written = writeClusterRecord(transacting(JSON.stringify(present)), {
    lineage: 'l-2',
    requiredSize: 5,
  });
  expect(await written).toEqual(present);
});
