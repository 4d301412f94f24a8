import { describe, expect, test } from 'vitest';
import {
  findOption,
  type OptionName,
  optionNames,
  optionOf,
  variableOf,
} from '../../../src/config/options.ts';
import { refusal } from './machine.ts';

/** At least one value that each option must refuse, and what the refusal must say. */
const wrong: Readonly<Record<OptionName, readonly (readonly [string, RegExp])[]>> = {
  name: [
    ['a,b', /letters, digits/],
    ['a=b', /letters, digits/],
    ['-a', /a letter or digit first/],
    ['a'.repeat(64), /at most 63/],
  ],
  'data-dir': [
    ['da\u0000ta', /path of a directory/],
    [`/${'x'.repeat(120)}`, /control socket .* longer than/],
  ],
  'state-dir': [
    ['st\u0007ate', /path of a directory/],
    [`/${'x'.repeat(120)}`, /control socket .* longer than/],
  ],
  host: [
    ['10.0.0.5:2379', /without a port/],
    ['0.0.0.0', /other machines can reach/],
    ['::', /other machines can reach/],
    ['10.0.0.300', /IP address or a host name/],
    ['no-such-host', /has no address/],
  ],
  'client-addr': [
    ['10.0.0.5:0', /an address such as/],
    ['10.0.0.5:65536', /an address such as/],
    ['10.0.0.5:http', /an address such as/],
    ['[2001:db8::5', /an address such as/],
    [':2380', /--client-addr and --peer-addr are both .*:2380/],
  ],
  'peer-addr': [
    ['a b', /an address such as/],
    ['[10.0.0.5]:2380', /an address such as/],
    [':7980', /--peer-addr and --gossip-addr are both/],
  ],
  'gossip-addr': [
    ['2379', /an address such as/],
    [':2379', /--client-addr and --gossip-addr are both/],
  ],
  'control-addr': [
    ['10.0.0.5:0', /an address such as/],
    [':7981', /served by mutual TLS only/],
  ],
  'control-ca-cert': [['c\u0007a', /path of a file/]],
  'on-exit': [['stop', /stop-etcd or keep-etcd/]],
  'required-cluster-size': [
    ['0', /1, 3, 5 or 7/],
    ['2', /1, 3, 5 or 7/],
    ['9', /1, 3, 5 or 7/],
    ['3.0', /1, 3, 5 or 7/],
    ['3', /needs --bootstrap-addrs/],
  ],
  'bootstrap-addrs': [
    [':7980', /addresses separated by commas/],
    ['10.0.0.5,10.0.0.6:x', /addresses separated by commas/],
    [',', /addresses separated by commas/],
  ],
  'bootstrap-timeout': [
    ['30', /a duration from 1s to 576h/],
    ['-5m', /a duration/],
    ['500ms', /a duration from 1s/],
    ['577h', /to 576h/],
  ],
  'health-check-interval': [
    ['1 m', /a duration/],
    ['0', /a duration from 100ms/],
    ['5m', /must be less than --health-check-timeout/],
  ],
  'health-check-timeout': [
    ['5min', /a duration/],
    ['0s', /a duration from 1s/],
  ],
  'learner-timeout': [['later', /a duration/]],
  'max-removals-per-hour': [
    ['-1', /a whole number from 0 to 1000/],
    ['1.5', /a whole number/],
    ['1e3', /a whole number/],
    ['1001', /to 1000/],
  ],
  'ca-cert': [
    ['/none.crt', /"\/none.crt" cannot be read \(ENOENT/],
    ['/none.crt', /also needs --server-cert and --server-key: etcd could show nothing to its c/],
    ['/none.crt', /also needs --peer-cert and --peer-key: etcd could show nothing to the other/],
  ],
  'ca-key': [['/none.key', /cannot be read/]],
  'peer-ca-cert': [['/none.crt', /also needs --ca-cert: nobody could be told from a stranger/]],
  'server-cert': [
    ['/none.crt', /--server-cert is given without --server-key/],
    ['/none.crt', /also needs --ca-cert: nobody could/],
    ['/none.crt', /also needs --peer-cert and --peer-key/],
  ],
  'server-key': [['/none.key', /--server-key is given without --server-cert/]],
  'peer-cert': [['/none.crt', /--peer-cert is given without --peer-key/]],
  'peer-key': [['/none.key', /--peer-key is given without --peer-cert/]],
  'client-cert': [['/none.crt', /--client-cert is given without --client-key/]],
  'client-key': [['/none.key', /--client-key is given without --client-cert/]],
  'tls-migration': [
    ['finish', /prepare or switch/],
    ['switch', /--tls-migration is given without TLS: give --ca-cert/],
  ],
  'client-cert-auth': [
    ['on', /must be true or false/],
    ['true', /--client-cert-auth is given without TLS, so that nobody would be asked/],
  ],
  'gossip-key-file': [['/none.key', /--gossip-key-file "\/none.key" cannot be read/]],
  'etcd-bin-dir': [['b\u0000in', /path of a directory/]],
  'etcd-cache-dir': [['c\u0000', /path of a directory/]],
  'etcd-version': [
    ['3', /a version of etcd such as/],
    ['3.6.x', /a version of etcd/],
    ['latest', /a version of etcd/],
  ],
  'etcd-releases-url': [
    ['mirror.example', /URL that begins with https:\/\/ or http:\/\//],
    ['ftp://mirror.example', /URL that begins with/],
    ['https://', /URL that begins with/],
  ],
  'etcd-extra-args': [
    ['max-txn-ops=256', /flags of etcd/],
    ['--max-txn-ops="256', /flags of etcd/],
    ['--force-new-cluster', /--force-new-cluster is set by e2d itself/],
    ['--metrics=basic --name x', /--name is set by e2d itself/],
  ],
  'etcd-pass-env': [
    ['ETCD-X', /names of environment variables/],
    ['A B', /names of environment variables/],
    ['ETCD_FORCE_NEW_CLUSTER', /--force-new-cluster is set by e2d itself/],
  ],
  'peer-discovery': [
    ['aws-autoscaling-group', /"aws-autoscaling-group" is not available yet/],
    ['do-tags:etcd', /"do-tags:etcd" is not available yet/],
  ],
  'do-access-token': [['a\nb', /text without control characters/]],
  'snapshot-backup-url': [
    ['/var/backup', /must be a URL that begins with file:\/\/, s3:\/\/ or https:\/\//],
    ['http://nyc3.digitaloceanspaces.com/bucket', /begins with file:\/\//],
    ['file://', /cannot be used\. The store URL "file:\/\/" names no folder\. Use file/],
    ['s3://bucket/key?region=x', /cannot be used\. .* "s3:\/\/bucket\/key" holds a query/],
    ['s3://ann:x@bucket/key', /cannot be used\. .* "s3:\/\/bucket\/key" holds a user name/],
    ['https://store.example/bucket', /cannot be used\. .* use s3:.* and --s3-endpoint/],
  ],
  'snapshot-interval': [
    ['60', /a duration/],
    ['25d', /to 576h/],
  ],
  'snapshot-compression': [['yes', /true or false/]],
  'snapshot-encryption': [
    ['2', /true or false/],
    ['true', /needs --ca-key, .* or --snapshot-encryption-key-file/],
  ],
  'snapshot-encryption-key-file': [['/none.key', /"\/none.key" cannot be read \(ENOENT/]],
  'snapshot-keep-all': [
    ['1w', /a duration from 0 to 100y/],
    ['-1h', /a duration from 0/],
  ],
  'snapshot-keep-hourly': [['7', /a duration from 0 to 100y, such as .* 7d or 1y/]],
  'snapshot-keep-daily': [['101y', /a duration from 0 to 100y/]],
  'snapshot-keep-count': [
    ['0', /a whole number from 1/],
    ['many', /a whole number from 1/],
  ],
  'snapshot-verify-interval': [
    ['never', /a duration from 1s to 576h, .*, or off/],
    ['500ms', /a duration from 1s/],
  ],
  'restore-policy': [['ask', /auto or manual/]],
  's3-endpoint': [
    ['minio.example:9000', /begins with https:\/\/ or http:\/\//],
    ['s3://minio.example', /begins with https:\/\/ or http:\/\//],
  ],
  's3-region': [['eu central', /the name of a region/]],
  'aws-access-key': [
    ['a\nb', /text without control characters/],
    ['AKIA1', /needs --aws-secret-key beside it/],
  ],
  'aws-secret-key': [
    ['a\nb', /text without control characters/],
    ['s', /needs --aws-access-key beside it/],
  ],
  'aws-role-session-name': [['a\nb', /text without control characters/]],
  'do-spaces-key': [
    ['a\nb', /text without control characters/],
    ['K1', /needs --do-spaces-secret beside it/],
  ],
  'do-spaces-secret': [
    ['a\nb', /text without control characters/],
    ['s', /needs --do-spaces-key beside it/],
  ],
  config: [['/none.yaml', /"\/none.yaml" cannot be read \(ENOENT/]],
  'log-level': [
    ['INFO', /trace, debug, info, warn, error or fatal/],
    ['verbose', /trace, debug/],
  ],
  'log-format': [['text', /json or pretty/]],
  verbose: [['maybe', /true or false/]],
};

const rows = optionNames.flatMap((name) => wrong[name].map((row) => [name, ...row] as const));

describe('a wrong value is refused with the name of its origin and what is allowed', () => {
  test.each(rows)('--%s %j', async (name, value, expected) => {
    const message = await refusal({ flags: { [name]: value } });
    expect(message).toMatch(expected);
    expect(message).toContain(`--${name}`);
  });

  test.each(rows)('variable of %s as %j', async (name, value, expected) => {
    const message = await refusal({ env: { [variableOf(name)]: value } });
    expect(message.replaceAll(variableOf(name), `--${name}`)).toMatch(expected);
    expect(message).toContain(variableOf(name));
  });

  const inFile = rows.filter(([name]) => name !== 'config');
  test.each(inFile)('%s in a file as %j', async (name, value, expected) => {
    const message = await refusal({
      flags: { config: 'e2d.yaml' },
      files: { '/srv/e2d.yaml': `${name}: ${JSON.stringify(value)}\n` },
    });
    const origin = `${name} in /srv/e2d.yaml`;
    expect(message.replaceAll(origin, `--${name}`)).toMatch(expected);
    expect(message).toContain(origin);
  });
});

describe('former spellings', () => {
  const former = optionNames.flatMap((name) =>
    (optionOf(name).formerly ?? []).map((old) => [old, name] as const),
  );
  test.each(former)('--%s is --%s', async (old, name) => {
    expect(findOption(old)).toBe(name);
    const [value = '', expected = /$/] = wrong[name][0] ?? [];
    const message = await refusal({ env: { [variableOf(old)]: value } });
    expect(message.replaceAll(variableOf(old), `--${name}`)).toMatch(expected);
    expect(message).toContain(`${variableOf(old)} is the former name of ${variableOf(name)}`);
  });

  test('--provider names its value', async () => {
    expect(await refusal({ flags: { provider: 'digitalocean' } })).toContain(
      '--provider "digitalocean" is not available yet',
    );
  });
});

describe('secrets', () => {
  const secrets = optionNames.filter((name) => optionOf(name).secret);
  test('are known as such', () => {
    expect(secrets).toEqual([
      'etcd-extra-args',
      'do-access-token',
      'aws-access-key',
      'aws-secret-key',
      'do-spaces-key',
      'do-spaces-secret',
    ]);
  });
  test.each(secrets)('--%s is not told when it is wrong', async (name) => {
    expect(await refusal({ flags: { [name]: 'hunter2\n' } })).not.toContain('hunter2');
  });
  test('a broken file does not tell its lines', async () => {
    const message = await refusal({
      flags: { config: 'e2d.yaml' },
      files: { '/srv/e2d.yaml': 'name: m1\ndo-access-token: "hunter2\n' },
    });
    expect(message).toMatch(/\/srv\/e2d.yaml line \d is not valid YAML/);
    expect(message).not.toContain('hunter2');
  });
  test('the keys in the URL of a store are not told', async () => {
    const url = 's3://user:hunter2@bucket/key?secret=hunter2';
    expect(await refusal({ flags: { 'snapshot-backup-url': url } })).not.toContain('hunter2');
  });
});
