import { describe, expect, test } from 'vitest';
import { loadValues } from '../../../src/config/load-config.ts';
import { snapshotConfigOf } from '../../../src/config/snapshot-config.ts';
import { E2dError } from '../../../src/errors/e2d-error.ts';
import { commandLine, load, refusal, surroundings } from './machine.ts';

const url = { 'snapshot-backup-url': 's3://bucket/prefix' };
const files = { '/srv/ca.key': 'PEM', '/srv/own.key': 'KEY', '/srv/e2d.yaml': '' };
const caKey = { kind: 'ca-key', path: '/srv/ca.key' };
const keyFile = { kind: 'key-file', path: '/srv/own.key' };

const snapshotsOf = async (flags: Record<string, string>) =>
  (await load({ flags: { ...url, ...flags }, files })).snapshots;
const warningsOf = async (flags: Record<string, string>) => (await load({ flags, files })).warnings;

describe('with a URL', () => {
  test('everything else has a default', async () => {
    expect(await snapshotsOf({})).toEqual({
      url: 's3://bucket/prefix',
      compression: false,
      encryptionKeyFile: null,
      readKeyFiles: [],
      intervalMs: 60_000,
      retention: {
        allMs: 3_600_000,
        hourlyMs: 7 * 86_400_000,
        dailyMs: 365 * 86_400_000,
        count: null,
      },
      verifyIntervalMs: 86_400_000,
      restorePolicy: 'auto',
      store: {
        s3Endpoint: null,
        s3Region: null,
        accessKey: null,
        roleSessionName: null,
        spacesKey: null,
      },
    });
    expect(await warningsOf(url)).toEqual([]);
  });

  test('everything can be said', async () => {
    const flags = {
      'snapshot-interval': '30s',
      'snapshot-compression': 'true',
      'snapshot-keep-all': '0',
      'snapshot-keep-hourly': '2d',
      'snapshot-keep-daily': '2y',
      'snapshot-keep-count': '500',
      'snapshot-verify-interval': '1d',
      'restore-policy': 'manual',
      's3-endpoint': 'http://127.0.0.1:9000',
      's3-region': 'eu-central-1',
      'aws-access-key': 'A1',
      'aws-secret-key': 's1',
      'aws-role-session-name': 'e2d',
      'do-spaces-key': 'D1',
      'do-spaces-secret': 's2',
    };
    expect(await snapshotsOf(flags)).toMatchObject({
      intervalMs: 30_000,
      compression: true,
      retention: { allMs: 0, hourlyMs: 172_800_000, dailyMs: 730 * 86_400_000, count: 500 },
      verifyIntervalMs: 86_400_000,
      restorePolicy: 'manual',
      store: {
        s3Endpoint: 'http://127.0.0.1:9000',
        s3Region: 'eu-central-1',
        accessKey: { id: 'A1', secret: 's1' },
        roleSessionName: 'e2d',
        spacesKey: { id: 'D1', secret: 's2' },
      },
    });
    expect(await warningsOf({ ...url, ...flags })).toEqual([
      expect.stringMatching(/^--do-spaces-key has no effect on a store that is not of/),
      expect.stringMatching(/^--do-spaces-secret has no effect on a store that is not of/),
    ]);
  });

  test.each(['0', '0s', 'off'])('proofs by schedule end with %s', async (text) => {
    const snapshots = await snapshotsOf({ 'snapshot-verify-interval': text });
    expect(snapshots?.verifyIntervalMs).toBeNull();
  });
});

describe('keys', () => {
  test.each([
    [
      'the CA’s is for reading until encryption is asked for',
      { 'ca-key': 'ca.key' },
      null,
      [caKey],
    ],
    [
      'with encryption it is for writing too',
      { 'ca-key': 'ca.key', 'snapshot-encryption': 'true' },
      caKey,
      [caKey],
    ],
    [
      'one of its own asks for encryption by itself',
      { 'snapshot-encryption-key-file': 'own.key' },
      keyFile,
      [keyFile],
    ],
    [
      'one of its own outranks the CA’s, which still reads',
      {
        'ca-key': 'ca.key',
        'snapshot-encryption': 'true',
        'snapshot-encryption-key-file': 'own.key',
      },
      keyFile,
      [keyFile, caKey],
    ],
  ])('%s', async (_, flags, encryptionKeyFile, readKeyFiles) => {
    const snapshots = await snapshotsOf(flags as Record<string, string>);
    expect(snapshots).toMatchObject({ encryptionKeyFile, readKeyFiles });
  });

  test('to encrypt and not to encrypt is refused', async () => {
    const flags = { 'snapshot-encryption': 'false', 'snapshot-encryption-key-file': 'own.key' };
    expect(await refusal({ flags: { ...url, ...flags }, files })).toBe(
      '--snapshot-encryption false contradicts --snapshot-encryption-key-file, ' +
        'which asks for encryption.',
    );
  });
});

describe('a warning tells of what has no effect', () => {
  test('every option without a URL', async () => {
    expect(
      await warningsOf({
        'snapshot-interval': '1m',
        'restore-policy': 'manual',
        'aws-access-key': 'hunter2',
        'aws-secret-key': 'hunter2',
      }),
    ).toEqual([
      '--snapshot-interval has no effect without --snapshot-backup-url.',
      '--restore-policy has no effect without --snapshot-backup-url.',
      '--aws-access-key has no effect without --snapshot-backup-url.',
      '--aws-secret-key has no effect without --snapshot-backup-url.',
    ]);
  });

  test('those of services with a folder', async () => {
    const folder = { 'snapshot-backup-url': 'file:///backup', 'snapshot-interval': '2m' };
    expect(await warningsOf({ ...folder, 's3-region': 'eu-central-1' })).toEqual([
      '--s3-region has no effect on snapshots in a folder.',
    ]);
  });

  test('but nothing on a Space with its keys', async () => {
    const space = 'https://nyc3.digitaloceanspaces.com/bucket';
    const keys = { 'do-spaces-key': 'D1', 'do-spaces-secret': 's2' };
    expect(await warningsOf({ 'snapshot-backup-url': space, ...keys })).toEqual([]);
  });

  test('compression with encryption', async () => {
    const flags = { ...url, 'snapshot-compression': 'true' };
    expect(await warningsOf({ ...flags, 'snapshot-encryption-key-file': 'own.key' })).toEqual([
      '--snapshot-compression has no effect on snapshots that are encrypted.',
    ]);
  });
});

describe('a command without a node', () => {
  const surrounding = surroundings({ env: { E2D_AWS_ROLE_SESSION_NAME: 'e2d' } });
  const configOf = async (flags: Record<string, string>) => {
    const asked = { help: 'e2d snapshot list --help', flags: commandLine(flags) };
    return snapshotConfigOf(await loadValues(asked, surrounding), surrounding, asked.help);
  };

  test('has the same configuration, and looks at no key', async () => {
    const flags = { ...url, 'snapshot-encryption-key-file': 'none.key', 's3-region': 'eu-west-1' };
    expect(await configOf(flags)).toMatchObject({
      url: 's3://bucket/prefix',
      readKeyFiles: [{ kind: 'key-file', path: '/srv/none.key' }],
      store: { s3Region: 'eu-west-1', roleSessionName: 'e2d' },
    });
  });

  test('is told that the URL is missing', async () => {
    const error = await configOf({}).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(E2dError);
    expect(error).toMatchObject({
      message: 'No --snapshot-backup-url says where the snapshots are.',
      exit: 2,
      code: 'E2D_BAD_CONFIG',
    });
  });

  test('is held to the rules of snapshots', async () => {
    const error = await configOf({ ...url, 'do-spaces-key': 'D1' }).catch((thrown) => thrown);
    expect(error).toMatchObject({
      message: '--do-spaces-key needs --do-spaces-secret beside it.',
      exit: 2,
      remedy: expect.stringContaining('e2d snapshot list --help'),
    });
  });

  test('may be given a URL that no option has read', async () => {
    const values = await loadValues({ help: 'h', flags: commandLine() }, surrounding);
    const given = { ...values, 'snapshot-backup-url': '/backup' };
    expect(() => snapshotConfigOf(given, surrounding)).toThrow(
      /^--snapshot-backup-url cannot be used\. The store URL "\/backup" is not the address/,
    );
  });
});
