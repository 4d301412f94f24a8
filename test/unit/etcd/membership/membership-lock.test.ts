import { expect, test } from 'vitest';
import { acquireLock } from '../../../../src/etcd/membership/membership-lock.ts';
import { scriptedEndpoint } from '../scripted-endpoint.ts';

const known = { node: 'db1', change: 'remove a' };
const unknown = { node: 'unknown', change: 'unknown' };

test.each([
  [JSON.stringify(known), known],
  ['{', unknown],
  ['{"node":"db1"}', unknown],
  [JSON.stringify({ ...known, node: '\u001b[2J' }), unknown],
  [JSON.stringify({ ...known, change: 'x'.repeat(257) }), unknown],
])('a lock that holds %j is held by %j', async (value, holder) => {
  const pair = { key: '/_e2d/membership/lock', value, createRevision: '1', modRevision: '1' };
  const etcd = scriptedEndpoint('http://a:1', {
    grantLease: async () => '1',
    revokeLease: async () => undefined,
    transact: async () => ({ succeeded: false, found: [[pair]], revision: '1' }),
  });
  const attempt = await acquireLock(etcd, { node: 'db2', change: 'add' }, { timeoutMs: 1000 });
  expect(attempt).toEqual({ kind: 'busy', holder });
});
