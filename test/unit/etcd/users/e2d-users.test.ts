import { expect, test } from 'vitest';
import { readE2dUsers, registerE2dUser } from '../../../../src/etcd/users/e2d-users.ts';
import { scriptedEndpoint } from '../scripted-endpoint.ts';

const bounds = { timeoutMs: 1000 };
const own = { user: 'e2d', node: 'db1' };

function holding(entries: Readonly<Record<string, unknown>>) {
  const pairs = Object.entries(entries).map(([id, entry]) => ({
    ...{ key: `/_e2d/users/${id}`, createRevision: '1', modRevision: '1' },
    value: typeof entry === 'string' ? entry : JSON.stringify(entry),
  }));
  return scriptedEndpoint('http://a:1', {
    transact: async () => ({ succeeded: true, found: [pairs], revision: '1' }),
    get: async (key) => pairs.find((pair) => pair.key === key) ?? null,
  });
}

test('what anybody wrote there is believed only where it is short, printable and of a member', async () => {
  const etcd = holding({
    '8e9e05c52164694d': own,
    '1': '{',
    '2': { user: 'e2d' },
    '3': { ...own, user: '\u001b]0;title\u0007' },
    '4': { ...own, node: '\u009b2J' },
    '5': { ...own, node: 'x'.repeat(257) },
    'no member': own,
    '\u001b[2J': own,
  });
  expect(await readE2dUsers(etcd, bounds)).toEqual(new Map([['8e9e05c52164694d', own]]));
});

test('an entry is written where another stands, and not where the same does', async () => {
  const written: string[] = [];
  const put = async (_: string, value: string) => {
    written.push(value);
    return '2';
  };
  await registerE2dUser({ ...holding({ a: own }), put }, 'a', { ...own, bounds });
  expect(written).toEqual([]);
  await registerE2dUser({ ...holding({ a: own }), put }, 'a', { ...own, user: 'x', bounds });
  expect(written).toEqual(['{"user":"x","node":"db1"}']);
});
