import { expect, test } from 'vitest';
import { redactedConfig, withoutValuesOf } from '../../../src/config/redact.ts';
import { load, refusal } from './machine.ts';

test('a configuration for the log keeps no value that may be a secret', async () => {
  const config = await load({
    flags: {
      name: 'm1',
      'etcd-extra-args': '--auth-token=hunter2 --x hunter2 -metrics=hunter2',
      'etcd-releases-url': 'https://ann:hunter2@mirror.example/etcd?key=hunter2',
      'do-access-token': 'hunter2',
    },
  });
  const redacted = redactedConfig(config);
  expect(JSON.stringify(redacted)).not.toContain('hunter2');
  expect(redacted).toMatchObject({
    name: 'm1',
    etcd: {
      extraArgs: ['--auth-token=***', '--x', '***', '-metrics=***'],
      releasesUrl: 'https://***@mirror.example/etcd?***',
    },
  });
});

test('of a snapshot store it keeps neither keys nor what its addresses carry', async () => {
  const config = await load({
    flags: {
      'snapshot-backup-url': 's3://bucket/prefix',
      's3-endpoint': 'https://ann:hunter2@minio.example?key=hunter2',
      'aws-access-key': 'hunter2-id',
      'aws-secret-key': 'hunter2',
      'do-spaces-key': 'hunter2-id',
      'do-spaces-secret': 'hunter2',
    },
  });
  const { snapshots } = config;
  if (snapshots === null) throw new Error('There is no configuration of snapshots.');
  expect(snapshots.store.accessKey?.secret).toBe('hunter2');
  const url = 's3://ann:hunter2@bucket/prefix?secret=hunter2#hunter2';
  const redacted = redactedConfig({ ...config, snapshots: { ...snapshots, url } });
  expect(JSON.stringify(redacted)).not.toContain('hunter2');
  expect(redacted).toMatchObject({
    snapshots: {
      url: 's3://***@bucket/prefix?***',
      intervalMs: 60_000,
      store: { s3Endpoint: 'https://***@minio.example?***', accessKey: '***', spacesKey: '***' },
    },
  });
  const keyless = { ...snapshots, url: 'file:///b#hunter2', store: { ...snapshots.store } };
  expect(redactedConfig({ ...config, snapshots: keyless })).toMatchObject({
    snapshots: { url: 'file:///b#***' },
  });
});

test('a password with an @ in it is taken out as a whole', async () => {
  const config = await load({
    flags: { 'etcd-releases-url': 'https://ann:hun@ter2@mirror.example/etcd' },
  });
  const { etcd } = redactedConfig(config);
  expect(etcd).toMatchObject({ releasesUrl: 'https://***@mirror.example/etcd' });
});

test.each([
  [
    'a value',
    ['--cors=https://ann:hunter2@x.example'],
    'invalid value "https://ann:hunter2@x.example" for flag -cors',
    'invalid value "***" for flag -cors',
  ],
  [
    'one in a word of its own',
    ['--x', 'hunter2'],
    '"hunter2" is not a flag',
    '"***" is not a flag',
  ],
  ['one of several', ['--x=open,hunter2'], 'x: hunter2 is unknown', 'x: *** is unknown'],
  ['one that is quoted', ['--x=hun"ter2'], 'not "hun\\"ter2"', 'not "***"'],
  ['the longer of two', ['--x=hunter2', '--y=hunter2-too'], 'y: hunter2-too', 'y: ***'],
  ['numbers stay', ['--x=123456', '--y=10000ms'], 'port 123456, 10000ms', 'port 123456, 10000ms'],
  ['flags stay', ['--hunter-two', '-y'], 'flag --hunter-two', 'flag --hunter-two'],
])('what etcd says keeps no value of an extra flag: %s', (_, extraArgs, said, kept) => {
  expect(withoutValuesOf(extraArgs)(said)).toBe(kept);
});

test('a refusal repeats no password, neither of a URL nor of an extra argument that is no flag', async () => {
  const wrongUrl = await refusal({
    flags: { 'etcd-releases-url': 'ftp://ann:hunter2@mirror.example' },
  });
  expect(wrongUrl).toContain('ftp://***@mirror.example');
  const stray = await refusal({ flags: { 'etcd-extra-args': '--auth-token=x hunter2=y' } });
  expect(`${wrongUrl} ${stray}`).not.toContain('hunter2');
});
