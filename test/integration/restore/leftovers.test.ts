import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TestCluster } from '../../support/cluster.ts';
import { waitUntil } from '../../support/wait-until.ts';

test('what was fetched for a restore that did not come about is gone once etcd starts', async () => {
  const cluster = new TestCluster({ size: 1 });
  try {
    await cluster.startHealthy();
    const node = cluster.node(0);
    const folder = join(node.dataDir, 'restoring');
    await mkdir(folder);
    await writeFile(join(folder, 'fetched'), 'a snapshot');
    await node.killEtcd();
    await waitUntil(async () => !existsSync(folder), {
      what: 'the folder is gone',
      withinMs: 20_000,
    });
    expect(existsSync(join(node.dataDir, 'member'))).toBe(true);
  } finally {
    await cluster.destroy();
  }
});
