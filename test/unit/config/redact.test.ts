import { expect, test } from 'vitest';
import { redactedConfig } from '../../../src/config/redact.ts';
import { load } from './machine.ts';

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
