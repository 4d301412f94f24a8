import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Identity } from '../../../../machines/facts.ts';
import {
  identityPath,
  readIdentity,
  writeIdentity,
} from '../../../../src/etcd/data-dir/identity-file.ts';

let dir: string;
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'e2d-identity-')), 'e2d');
});
afterEach(() => rmSync(join(dir, '..'), { recursive: true, force: true }));

const identity: Identity = {
  nodeId: 'node-1',
  name: 'n1',
  peerUrl: 'http://10.0.0.1:2380',
  requiredSize: 3,
  memberId: '8e9e05c52164694d',
  clusterId: 'cdf818194e3a8c32',
  lineage: 'lineage-1',
  plan: {
    stage: 'acknowledged',
    plan: {
      id: 'plan-1',
      coordinator: 'node-1',
      members: [{ nodeId: 'node-1', name: 'n1', peerUrl: 'http://10.0.0.1:2380' }],
    },
  },
};

test('what was written is read again, before and after a change', async () => {
  expect(await readIdentity(dir)).toBeNull();
  await writeIdentity(dir, identity);
  expect(await readIdentity(dir)).toEqual(identity);
  const later = { ...identity, plan: null, lineage: null };
  await writeIdentity(dir, later);
  expect(await readIdentity(dir)).toEqual(later);
});

test('the file is private and nothing temporary is left', async () => {
  await writeIdentity(dir, identity);
  expect(statSync(dir).mode & 0o777).toBe(0o700);
  expect(statSync(identityPath(dir)).mode & 0o777).toBe(0o600);
  expect(readdirSync(dir)).toEqual(['identity.json']);
});

test('a wrong identity is never written over a right one', async () => {
  await writeIdentity(dir, identity);
  await expect(writeIdentity(dir, { ...identity, memberId: 'XYZ' })).rejects.toThrow();
  expect(await readIdentity(dir)).toEqual(identity);
});

describe('a damaged file is a fault, never a new node', () => {
  const full = JSON.stringify(identity);
  test.each([
    ['empty', ''],
    ['cut short', full.slice(0, 80)],
    ['not an object', '[]'],
    ['without a node id', full.replace('"nodeId":"node-1",', '')],
    ['with a member id that is none', full.replace('8e9e05c52164694d', '8E9E 0x')],
    ['with an unknown stage', full.replace('acknowledged', 'maybe')],
  ])('%s', async (_, content) => {
    mkdirSync(dir, { recursive: true });
    writeFileSync(identityPath(dir), content);
    await expect(readIdentity(dir)).rejects.toMatchObject({ code: 'E2D_IDENTITY_UNREADABLE' });
  });

  test('a directory in its place', async () => {
    mkdirSync(identityPath(dir), { recursive: true });
    await expect(readIdentity(dir)).rejects.toMatchObject({ code: 'E2D_IDENTITY_UNREADABLE' });
  });
});
