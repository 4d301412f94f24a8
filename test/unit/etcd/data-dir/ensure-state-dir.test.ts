import { chmod, chown, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ensureStateDir } from '../../../../src/etcd/data-dir/ensure-data-dir.ts';

let folder: string;
let stateDir: string;
const somebody = 12_345;
const isRoot = process.geteuid?.() === 0;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2d-state-dir-'));
  stateDir = join(folder, 'data', 'e2d');
});
afterEach(() => rm(folder, { recursive: true }));

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

describe('the state dir', () => {
  test('is made for its owner alone, and so are the folders above it', async () => {
    const usual = process.umask(0);
    await ensureStateDir(stateDir).finally(() => process.umask(usual));
    expect(await modeOf(stateDir)).toBe(0o700);
    expect(await modeOf(join(folder, 'data'))).toBe(0o700);
  });

  test('that others may write to is narrowed, where only our own is in it', async () => {
    await mkdir(stateDir, { recursive: true });
    await chmod(stateDir, 0o777);
    await writeFile(join(stateDir, 'identity.json'), '{}');
    await ensureStateDir(stateDir);
    expect(await modeOf(stateDir)).toBe(0o700);
  });

  test.runIf(isRoot)('of another user is refused, as it is', async () => {
    await mkdir(stateDir, { recursive: true, mode: 0o755 });
    await chown(stateDir, somebody, somebody);
    await expect(ensureStateDir(stateDir)).rejects.toMatchObject({
      code: 'E2D_STATE_DIR',
      message: `The state dir ${stateDir} belongs to user 12345, and e2d runs as 0.`,
      remedy: expect.stringContaining('chown'),
    });
    expect(await modeOf(stateDir)).toBe(0o755);
  });

  test.runIf(isRoot)('with something of another user in it is refused', async () => {
    await mkdir(stateDir, { recursive: true });
    const planted = join(stateDir, 'control.token');
    await writeFile(planted, 'known');
    await chown(planted, somebody, somebody);
    await expect(ensureStateDir(stateDir)).rejects.toMatchObject({
      code: 'E2D_STATE_DIR',
      message: `${planted} in the state dir belongs to user 12345.`,
    });
  });
});
