import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { filesOf, makeWay, type NewFile, writeFiles } from '../../../src/pki/certificate-files.ts';

let dir: string;
const at = (name: string) => join(dir, name);
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

function pair(name: string): readonly NewFile[] {
  const files = { certFile: at(`${name}.crt`), keyFile: at(`${name}.key`) };
  return filesOf({ certificate: `certificate of ${name}`, key: `key of ${name}` }, files);
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'e2d-pki-'));
});

afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe('certificates and keys', () => {
  test('are written with the modes of the first e2d, in folders that are made', async () => {
    await writeFiles(pair('deep/er/server'));
    expect(await readFile(at('deep/er/server.crt'), 'utf8')).toBe('certificate of deep/er/server');
    expect(await readFile(at('deep/er/server.key'), 'utf8')).toBe('key of deep/er/server');
    expect(await modeOf(at('deep/er/server.crt'))).toBe('644');
    expect(await modeOf(at('deep/er/server.key'))).toBe('600');
    expect(await modeOf(at('deep/er'))).toBe('755');
    expect((await readdir(at('deep/er'))).sort()).toEqual(['server.crt', 'server.key']);
  });

  test('replace what is there; a key stays as open to its group, and to nobody else', async () => {
    await writeFile(at('server.key'), 'old');
    await chmod(at('server.key'), 0o646);
    await writeFiles(pair('server'));
    expect(await readFile(at('server.key'), 'utf8')).toBe('key of server');
    expect(await modeOf(at('server.key'))).toBe('640');
  });

  test('are written where a link leads, and the link stays', async () => {
    await mkdir(at('real'));
    await writeFile(at('real/key'), 'old');
    await symlink(at('real/key'), at('server.key'));
    await writeFiles(pair('server'));
    expect(await readFile(at('real/key'), 'utf8')).toBe('key of server');
    expect((await readdir(at('real'))).length).toBe(1);
  });

  test('are all left alone when one cannot be written', async () => {
    await writeFiles(pair('server'));
    const before = await readFile(at('server.key'), 'utf8');
    await writeFile(at('file'), '');
    const files = [
      ...pair('server').map((file) => ({ ...file, content: 'new' })),
      ...pair('file/x'),
    ];
    await expect(writeFiles(files)).rejects.toEqual(
      expect.objectContaining({
        code: 'E2D_PKI_FILE',
        message: expect.stringContaining(at('file')),
      }),
    );
    expect(await readFile(at('server.key'), 'utf8')).toBe(before);
    expect((await readdir(dir)).sort()).toEqual(['file', 'server.crt', 'server.key']);
  });
});

describe('what is in the way', () => {
  test('is named as a whole before anything is written', async () => {
    await writeFile(at('b'), '');
    await symlink(at('nowhere'), at('c'));
    const paths = [at('a'), at('b'), at('c')];
    await expect(makeWay(paths, { force: false })).rejects.toEqual(
      expect.objectContaining({
        code: 'E2D_PKI_EXISTS',
        message: `Nothing was written, because ${at('b')}, ${at('c')} are there already.`,
      }),
    );
    await expect(makeWay(paths, { force: true })).resolves.toBeUndefined();
    await expect(makeWay([at('a')], { force: false })).resolves.toBeUndefined();
  });

  test('may be the other one of a pair, with force too', async () => {
    await expect(makeWay([at('a'), at('a')], { force: true })).rejects.toEqual(
      expect.objectContaining({ code: 'E2D_PKI_FILE', message: expect.stringContaining(at('a')) }),
    );
  });
});
