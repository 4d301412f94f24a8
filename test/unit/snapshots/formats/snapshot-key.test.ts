import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  keyFromCaKey,
  keyFromFile,
  SnapshotKey,
} from '../../../../src/snapshots/formats/snapshot-key.ts';
import { goFile, temporaryFolder } from './samples.ts';

const bytes = createHash('sha256').update('a key').digest();

async function fileOf(content: string | Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), 'key');
  await writeFile(path, content);
  return path;
}

describe('the key of a CA key', () => {
  test('is SHA-512/256 of its PKCS#1 DER, in every form it comes in', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const der = privateKey.export({ type: 'pkcs1', format: 'der' });
    const expected = createHash('sha512-256').update(der).digest();
    const forms = [
      der,
      privateKey.export({ type: 'pkcs8', format: 'der' }),
      Buffer.from(privateKey.export({ type: 'pkcs1', format: 'pem' })),
      Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    ];
    for (const form of forms) expect(keyFromCaKey(form).bytes).toEqual(expected);
    const goDer = await goFile('ca-key.der');
    expect(keyFromCaKey(goDer).bytes).toEqual(createHash('sha512-256').update(goDer).digest());
  });

  test.each(['prime256v1', 'secp384r1', 'secp521r1'])(
    'is SHA-512/256 of the SEC1 DER of an ECDSA key on %s, in every form openssl writes',
    async (curve) => {
      const folder = await temporaryFolder();
      const openssl = (...words: readonly string[]) =>
        execFileSync('openssl', words, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
      openssl('ecparam', '-name', curve, '-genkey', '-out', 'ca.key');
      const from = ['-in', 'ca.key', '-outform'] as const;
      const sec1 = openssl('ec', ...from, 'DER');
      const forms = [
        sec1,
        await readFile(join(folder, 'ca.key')),
        openssl('ec', ...from, 'PEM'),
        openssl('ec', '-no_public', ...from, 'PEM'),
        openssl('ec', '-no_public', ...from, 'DER'),
        openssl('ec', '-conv_form', 'compressed', ...from, 'PEM'),
        openssl('ec', '-param_enc', 'explicit', ...from, 'PEM'),
        openssl('pkcs8', '-topk8', '-nocrypt', ...from, 'PEM'),
        openssl('pkcs8', '-topk8', '-nocrypt', ...from, 'DER'),
      ];
      expect(new Set(forms.map((form) => form.toString('hex'))).size).toBe(forms.length);
      const expected = createHash('sha512-256').update(sec1).digest();
      for (const form of forms) expect(keyFromCaKey(form).bytes).toEqual(expected);
    },
  );

  test('is not made of anything else', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const other = Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    for (const content of [other, Buffer.from('no key'), Buffer.alloc(0), bytes]) {
      const reading = () => keyFromCaKey(content);
      expect(reading).toThrow(expect.objectContaining({ code: 'E2D_SNAPSHOT_KEY' }));
    }
  });
});

describe('the key in a file', () => {
  test.each([
    ['raw', bytes],
    ['hexadecimal', bytes.toString('hex')],
    ['upper-case hexadecimal', `${bytes.toString('hex').toUpperCase()}\n`],
    ['base64', `${bytes.toString('base64')}\n`],
    ['base64 without padding', bytes.toString('base64').replace('=', '')],
  ])('may be %s', async (_, content) => {
    expect((await keyFromFile(await fileOf(content))).bytes).toEqual(bytes);
  });

  test.each([
    ['nothing', ''],
    ['31 bytes', bytes.subarray(1)],
    ['33 bytes', Buffer.concat([bytes, bytes.subarray(31)])],
    ['hexadecimal of 31 bytes', bytes.toString('hex').slice(2)],
    ['base64 of 33 bytes', Buffer.alloc(33, 7).toString('base64')],
    ['other text', `${'z'.repeat(63)}!`],
    ['a big file', Buffer.alloc(5000, 0x61)],
  ])('may not be %s', async (_, content) => {
    const path = await fileOf(content);
    const failure = await keyFromFile(path).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'E2D_SNAPSHOT_KEY', remedy: expect.any(String) });
    expect(failure).toMatchObject({ message: expect.stringContaining(path) });
    const told = inspect(failure);
    if (content.length > 0) expect(told).not.toContain(Buffer.from(content).toString('latin1'));
  });

  test('has to be there', async () => {
    const path = join(await temporaryFolder(), 'missing');
    await expect(keyFromFile(path)).rejects.toMatchObject({
      code: 'E2D_SNAPSHOT_KEY',
      message: expect.stringContaining('no such file'),
    });
  });
});

describe('a key', () => {
  test('is named by an id that is its own, and does not show itself', () => {
    const key = new SnapshotKey(bytes);
    expect(key.id).toMatch(/^[0-9a-f]{16}$/);
    expect(new SnapshotKey(bytes).id).toBe(key.id);
    expect(new SnapshotKey(bytes.toReversed()).id).not.toBe(key.id);
    expect(createHash('sha256').update(bytes).digest('hex')).not.toContain(key.id);
    expect(JSON.stringify(key)).toBe(`{"id":"${key.id}"}`);
    expect(inspect(key, { showHidden: true, depth: 9 })).not.toMatch(/bytes: <Buffer/);
  });
});
