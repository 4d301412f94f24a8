import { createHash, generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  GossipKey,
  gossipKeyOfCa,
  parseGossipKeys,
  readGossipKeyFile,
} from '../../../src/node/gossip-key.ts';
import { keyFromCaKey } from '../../../src/snapshots/formats/snapshot-key.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2d-gossip-key-'));
});

afterAll(() => rm(folder, { recursive: true }));

const bytes = createHash('sha256').update('a gossip key').digest();

async function file(content: string | Uint8Array, mode = 0o600): Promise<string> {
  const path = join(folder, 'key');
  await rm(path, { force: true });
  await writeFile(path, content);
  await chmod(path, mode);
  return path;
}

describe('the text of a key file', () => {
  test.each([16, 24, 32])('holds keys of %i bytes, as base64 or hexadecimal', (size) => {
    const key = bytes.subarray(0, size);
    const base64 = key.toString('base64');
    for (const text of [base64, base64.replace(/=+$/, ''), key.toString('hex'), `  ${base64} \r`]) {
      expect(parseGossipKeys(`${text}\n`, 'f').map((one) => one.bytes)).toEqual([key]);
    }
  });

  test('keeps its order, and leaves out comments, empty lines and what is there twice', () => {
    const [a, b] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const text = `# keys\n\n${a.toString('base64')} # old\n${b.toString('hex')}\n${a.toString('hex')}`;
    expect(parseGossipKeys(text, 'f').map((one) => one.bytes)).toEqual([a, b]);
  });

  test.each([
    ['', /holds no key/],
    ['# only words\n', /holds no key/],
    [`${Buffer.alloc(31, 7).toString('base64')}`, /^Line 1 .* neither base64 nor hexadecimal/],
    [`\n${Buffer.alloc(33, 7).toString('hex')}`, /^Line 2 /],
    [bytes.toString('base64').replace('=', '!'), /^Line 1 /],
    [`${bytes.toString('base64').slice(0, -2)}9=`, /^Line 1 /],
    [Array.from({ length: 9 }, (_, i) => Buffer.alloc(16, i).toString('hex')).join('\n'), /9 keys/],
  ])('is refused as %j', (text, words) => {
    const reading = () => parseGossipKeys(text, 'f');
    expect(reading).toThrow(words);
    expect(reading).toThrow(expect.objectContaining({ code: 'E2D_GOSSIP_KEY', exit: 2 }));
  });

  test('does not show up in what is said of it', () => {
    const secret = Buffer.alloc(31, 0x5a).toString('base64');
    expect(() => parseGossipKeys(secret, 'f')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(secret.slice(0, 8)) }),
    );
    const shown =
      inspect(new GossipKey(bytes), { showHidden: true }) + JSON.stringify(new GossipKey(bytes));
    expect(shown).not.toContain(bytes.toString('hex').slice(0, 8));
    expect(new GossipKey(bytes).id).toMatch(/^[0-9a-f]{16}$/);
    expect(bytes.toString('hex')).not.toContain(new GossipKey(bytes).id);
  });
});

describe('a key file', () => {
  test.each([0o600, 0o400])('of mode %o is taken', async (mode) => {
    const { keys, warnings } = await readGossipKeyFile(await file(bytes.toString('hex'), mode));
    expect([keys.map((key) => key.bytes), warnings]).toEqual([[bytes], []]);
  });

  test.each([0o440, 0o640])('of mode %o is taken with a warning', async (mode) => {
    const { warnings } = await readGossipKeyFile(await file(bytes.toString('hex'), mode));
    expect(warnings).toEqual([expect.stringContaining('by its whole group')]);
  });

  test.each([0o644, 0o604, 0o660, 0o602])('of mode %o is refused', async (mode) => {
    await expect(readGossipKeyFile(await file(bytes.toString('hex'), mode))).rejects.toMatchObject({
      code: 'E2D_GOSSIP_KEY',
      exit: 2,
      message: expect.stringContaining(`has mode 0${mode.toString(8)}`),
    });
  });

  test('that is missing, a folder or endless is refused', async () => {
    const huge = await file('#'.repeat(70_000));
    for (const path of [join(folder, 'none'), folder, huge]) {
      await expect(readGossipKeyFile(path)).rejects.toMatchObject({ code: 'E2D_GOSSIP_KEY' });
    }
  });
});

describe('the key that a CA key gives', () => {
  test('is that of the first e2d for RSA, and the same as for snapshots', async () => {
    const fixture = new URL('../../fixtures/e2d-go-snapshots/ca-key.der', import.meta.url);
    const der = await readFile(fixture);
    const pem = `-----BEGIN RSA PRIVATE KEY-----\n${der.toString('base64')}\n-----END RSA PRIVATE KEY-----\n`;
    const key = await gossipKeyOfCa(await file(pem));
    expect(key.bytes).toEqual(createHash('sha512-256').update(der).digest());
    expect(key.bytes).toEqual(keyFromCaKey(der).bytes);
  });

  test('is the same as for snapshots for ECDSA, whose every form that key tells', async () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
    const derived = await gossipKeyOfCa(await file(pem));
    expect(derived.bytes).toEqual(keyFromCaKey(Buffer.from(pem)).bytes);
    const sec1 = key.export({ type: 'sec1', format: 'der' });
    expect(derived.bytes).toEqual(createHash('sha512-256').update(sec1).digest());
  });

  test.each([
    ['no key', 'nothing'],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
    [
      'curve parameters alone',
      '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n',
    ],
  ])('is refused for %s', async (_, content) => {
    await expect(gossipKeyOfCa(await file(content))).rejects.toMatchObject({
      code: 'E2D_TLS_FILE',
      exit: 2,
    });
  });
});
