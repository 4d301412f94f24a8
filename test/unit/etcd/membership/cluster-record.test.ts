import { expect, test } from 'vitest';
import { readClusterRecord } from '../../../../src/etcd/membership/cluster-record.ts';
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

test.each(['', '{', '[]', '{"lineage":"l","requiredSize":"3"}', '{"lineage":"","requiredSize":3}'])(
  'what is no record is refused: %s',
  async (value) => {
    await expect(readClusterRecord(holding(value))).rejects.toMatchObject({
      code: 'unexpected-answer',
    });
  },
);
