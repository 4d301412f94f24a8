import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { MIB, startServer } from './s3-fixture.ts';

const script = fileURLToPath(new URL('./s3-large-process.ts', import.meta.url));

test('300 MiB go up and down in little memory', async () => {
  const server = await startServer();
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--import',
    'tsx',
    script,
    server.url,
    '300',
  ]);
  const told = JSON.parse(stdout) as Readonly<Record<string, number>>;
  expect(told['extraMib']).toBeLessThan(64);
  expect(server.objects()).toContainEqual({
    bucket: 'backups',
    key: 'prod/etcd/large',
    sizeBytes: 300 * MIB,
  });
});
