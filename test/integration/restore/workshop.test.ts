import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { BootstrapPlan } from '../../../machines/facts.ts';
import { systemClock } from '../../../src/node/clock.ts';
import { RestoreWorkshop } from '../../../src/node/snapshots/restore-workshop.ts';
import { binaries, type Snapshot, takeSnapshot } from '../etcd-offline/snapshots.ts';

const { signal } = new AbortController();
const own = { name: 'n1', peerUrl: 'http://127.0.0.1:2380' };
let snapshot: Snapshot;
let sha256: string;

beforeAll(async () => {
  snapshot = await takeSnapshot();
  sha256 = createHash('sha256')
    .update(await readFile(snapshot.file))
    .digest('hex');
});
afterAll(() => snapshot.clear());

async function workshops() {
  const dataDir = await mkdtemp(join(tmpdir(), 'e2d-workshop-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const open = () => new RestoreWorkshop({ dataDir, clock: systemClock, binaries: () => binaries });
  const workshop = open();
  await workshop.ensureFolder();
  const fetched = join(workshop.folder, 'fetched');
  await copyFile(snapshot.file, fetched);
  return { open, workshop, fetched };
}

function planOf(id: string): BootstrapPlan {
  const members = [{ nodeId: 'a', ...own }];
  return { id, coordinator: 'a', members, snapshot: { id: 'one', sha256, revision: 1 } };
}

test('a content is gone once the database is made of it, which stays', async () => {
  const { workshop, fetched } = await workshops();
  await workshop.keep(fetched, sha256);
  expect(await workshop.admit({ id: 'one', sha256 }, { signal })).toMatchObject({
    sha256,
  });
  expect(await workshop.hasContent(sha256)).toBe(true);
  const plan = planOf('p-1');
  await workshop.stage({ plan, ...own }, { signal });
  expect(await workshop.hasContent(sha256)).toBe(false);
  expect(await readdir(workshop.folder)).toEqual(['p-1']);
  // It is there already: no content is needed.
  await workshop.stage({ plan, ...own }, { signal });
});

test('what an earlier process took in counts for nothing, and what it restored does (S4)', async () => {
  const { open, workshop, fetched } = await workshops();
  await workshop.keep(fetched, sha256);
  const later = open();
  expect(await later.hasContent(sha256)).toBe(false);
  await expect(later.stage({ plan: planOf('p-1'), ...own }, { signal })).rejects.toThrow(
    'was not taken in',
  );
  await workshop.stage({ plan: planOf('p-1'), ...own }, { signal });
  expect(await later.hasStaged(planOf('p-1'))).toBe(true);
  await later.discard(planOf('p-1'));
  expect(await later.hasStaged(planOf('p-1'))).toBe(true);
});
