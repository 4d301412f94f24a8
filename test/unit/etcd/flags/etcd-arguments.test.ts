import { describe, expect, test } from 'vitest';
import { defaultFlags } from '../../../../src/etcd/flags/default-flags.ts';
import {
  type EtcdArgumentsInput,
  etcdArguments,
} from '../../../../src/etcd/flags/etcd-arguments.ts';
import { etcdEnvironment } from '../../../../src/etcd/flags/etcd-environment.ts';
import { isAtLeast, parseEtcdVersion } from '../../../../src/etcd/flags/etcd-version.ts';
import { extraArgumentProblems } from '../../../../src/etcd/flags/extra-arguments.ts';

const base: EtcdArgumentsInput = {
  name: 'n1',
  dataDir: '/var/lib/e2d',
  listenPeerUrls: ['http://10.0.0.1:2380'],
  advertisePeerUrls: ['http://10.0.0.1:2380'],
  listenClientUrls: ['http://10.0.0.1:2379', 'http://127.0.0.1:2379'],
  advertiseClientUrls: ['http://10.0.0.1:2379'],
  launch: {
    clusterState: 'new',
    initialCluster: 'n1=http://10.0.0.1:2380',
    clusterToken: 'token-1',
  },
  etcdVersion: '3.6.4',
};

function flagsOf(input: Partial<EtcdArgumentsInput>): Map<string, string> {
  const args = etcdArguments({ ...base, ...input });
  const flags = new Map(
    args.map((argument) => {
      expect(argument).toMatch(/^--[a-z]/);
      const [flag = '', ...value] = argument.slice(2).split('=');
      return [flag, value.join('=')];
    }),
  );
  expect(flags.size).toBe(args.length);
  return flags;
}

test('the node, its addresses and how it is launched', () => {
  const flags = flagsOf({});
  expect(flags.get('name')).toBe('n1');
  expect(flags.get('data-dir')).toBe('/var/lib/e2d');
  expect(flags.get('listen-client-urls')).toBe('http://10.0.0.1:2379,http://127.0.0.1:2379');
  expect(flags.get('initial-cluster')).toBe('n1=http://10.0.0.1:2380');
  expect(flags.get('initial-cluster-state')).toBe('new');
  expect(flags.get('initial-cluster-token')).toBe('token-1');
});

test('a restart names no token and pretends to know no other member', () => {
  const flags = flagsOf({ launch: null });
  expect(flags.get('initial-cluster')).toBe('n1=http://10.0.0.1:2380');
  expect(flags.get('initial-cluster-state')).toBe('existing');
  expect(flags.has('initial-cluster-token')).toBe(false);
});

test('paths are absolute, so that adoption recognises them', () => {
  expect(flagsOf({ dataDir: 'data' }).get('data-dir')).toBe(`${process.cwd()}/data`);
});

describe('what is called differently from version to version', () => {
  test.each([
    ['3.4.23', 'experimental-corrupt-check-time'],
    ['3.5.30', 'experimental-corrupt-check-time'],
    ['3.6.14', 'corrupt-check-time'],
    ['3.5.30', 'experimental-compact-hash-check-enabled'],
    ['3.4.23', 'experimental-initial-corrupt-check'],
  ])('%s takes --%s', (etcdVersion, flag) => {
    expect(flagsOf({ etcdVersion }).has(flag)).toBe(true);
  });

  test.each([
    ['3.4.10', 'experimental-watch-progress-notify-interval'],
    ['3.5.4', 'experimental-compact-hash-check-enabled'],
    ['3.5.30', 'feature-gates'],
    ['3.6.0', 'experimental-initial-corrupt-check'],
  ])('%s would not take --%s', (etcdVersion, flag) => {
    expect(flagsOf({ etcdVersion }).has(flag)).toBe(false);
  });

  test('3.6 gets the corruption checks as feature gates', () => {
    expect(flagsOf({ etcdVersion: '3.6.0' }).get('feature-gates')).toBe(
      'InitialCorruptCheck=true,CompactHashCheck=true',
    );
  });

  test('every default says why it is one', () => {
    for (const { why, spellings } of defaultFlags) {
      expect(why.length).toBeGreaterThan(30);
      expect(spellings.length).toBeGreaterThan(0);
    }
  });
});

describe('extra arguments', () => {
  test('win over our defaults, in every form that etcd takes', () => {
    const extraArgs = ['--auto-compaction-retention=5m', '-metrics', 'basic', '--pre-vote=false'];
    const flags = flagsOf({ extraArgs: [...extraArgs, '--enable-pprof'] });
    expect(flags.get('auto-compaction-retention')).toBe('5m');
    expect(flags.get('metrics')).toBe('basic');
    expect(flags.get('pre-vote')).toBe('false');
    expect(etcdArguments({ ...base, extraArgs: ['--enable-pprof'] })).toContain('--enable-pprof');
  });

  test('values may hold an equals sign and be empty', () => {
    const flags = flagsOf({ extraArgs: ['--auth-token=jwt,pub-key=a.pem', '--cors='] });
    expect(flags.get('auth-token')).toBe('jwt,pub-key=a.pem');
    expect(flags.get('cors')).toBe('');
  });

  test('feature gates are merged gate by gate, theirs winning', () => {
    const extraArgs = ['--feature-gates=CompactHashCheck=false,LeaseCheckpoint=true'];
    expect(flagsOf({ extraArgs }).get('feature-gates')).toBe(
      'InitialCorruptCheck=true,CompactHashCheck=false,LeaseCheckpoint=true',
    );
  });

  test('an old spelling takes the place of ours: 3.6 refuses both at once', () => {
    const extraArgs = [
      '--experimental-initial-corrupt-check=false',
      '--experimental-corrupt-check-time=1h',
    ];
    const flags = flagsOf({ extraArgs });
    expect(flags.get('feature-gates')).toBe('CompactHashCheck=true');
    expect(flags.has('corrupt-check-time')).toBe(false);
    expect(flags.get('experimental-corrupt-check-time')).toBe('1h');
  });

  test.each([
    'name',
    'data-dir',
    'wal-dir',
    'config-file',
    'force-new-cluster',
    'initial-cluster',
    'initial-cluster-token',
    'log-outputs',
  ])('--%s is refused, and every problem is named at once', (flag) => {
    const extraArgs = [`--${flag}=x`, 'stray'];
    expect(extraArgumentProblems(extraArgs)).toHaveLength(2);
    expect(() => etcdArguments({ ...base, extraArgs })).toThrow(
      expect.objectContaining({ code: 'E2D_BAD_ETCD_ARGS', exit: 2 }),
    );
  });
});

describe('TLS', () => {
  const files = { certFile: '/c.pem', keyFile: '/k.pem', trustedCaFile: '/ca.pem' };

  test('each role has its own files, and an authority means client certificates are asked for', () => {
    const flags = flagsOf({
      tls: { client: { certFile: '/s.pem', keyFile: '/s.key' }, peer: files },
    });
    expect(flags.get('cert-file')).toBe('/s.pem');
    expect(flags.has('client-cert-auth')).toBe(false);
    expect(flags.get('peer-trusted-ca-file')).toBe('/ca.pem');
    expect(flags.get('peer-client-cert-auth')).toBe('true');
  });

  test('without an authority of clients the flag that asks for them is left out, as is the file', () => {
    // etcd asks for certificates as soon as --trusted-ca-file is there, whatever else is said.
    const flags = flagsOf({ tls: { client: { certFile: '/s.pem', keyFile: '/s.key' } } });
    expect(flags.has('trusted-ca-file')).toBe(false);
  });

  test('etcd answers JSON where clients need no certificate, and else only when told to', () => {
    const { trustedCaFile: _, ...forAnybody } = files;
    expect(flagsOf({}).has('enable-grpc-gateway')).toBe(false);
    expect(flagsOf({ tls: { client: forAnybody } }).has('enable-grpc-gateway')).toBe(false);
    const listenClientUrls = ['https://10.0.0.1:2379', 'https://127.0.0.1:2379'];
    const tls = { client: files };
    for (const etcdVersion of ['3.4.23', '3.5.0', '3.6.14']) {
      const flags = flagsOf({ tls, listenClientUrls, etcdVersion });
      expect(flags.get('enable-grpc-gateway')).toBe('false');
    }
    const either = [...listenClientUrls, 'http://10.0.0.1:2379'];
    expect(flagsOf({ tls, listenClientUrls: either }).has('enable-grpc-gateway')).toBe(false);
    const extraArgs = ['--enable-grpc-gateway', '--client-cert-file=/gateway.pem'];
    const told = flagsOf({ tls, listenClientUrls, extraArgs });
    expect(told.get('enable-grpc-gateway')).not.toBe('false');
    expect(told.get('client-cert-file')).toBe('/gateway.pem');
    const passEnv = ['ETCD_ENABLE_GRPC_GATEWAY'];
    expect(flagsOf({ tls, listenClientUrls, passEnv }).has('enable-grpc-gateway')).toBe(false);
  });

  test.each([
    'client-cert-auth=false',
    'peer-client-cert-auth=false',
    'auto-tls',
    'trusted-ca-file=',
  ])('nobody takes the lock away with --%s', (argument) => {
    expect(extraArgumentProblems([`--${argument}`])).toEqual([
      expect.stringContaining('is set by e2d itself'),
    ]);
  });
});

describe('the environment', () => {
  const environment = {
    PATH: '/bin',
    ETCD_NAME: 'other',
    ETCD_SNAPSHOT_COUNT: '5',
    E2D_DO_ACCESS_TOKEN: 'secret',
    AWS_SECRET_ACCESS_KEY: 'secret',
    NOTIFY_SOCKET: '/run/notify',
    GOMAXPROCS: '2',
    UNSET: undefined,
  };

  test('nothing of etcd, of e2d, of systemd and no credential leaks', () => {
    expect(etcdEnvironment(environment)).toEqual({ PATH: '/bin', GOMAXPROCS: '2' });
  });

  test('what is asked for by name is passed, and our own flag makes room for it', () => {
    const passEnv = ['ETCD_AUTO_COMPACTION_RETENTION', 'ETCD_SNAPSHOT_COUNT'];
    expect(etcdEnvironment(environment, passEnv)).toHaveProperty('ETCD_SNAPSHOT_COUNT', '5');
    expect(flagsOf({ passEnv }).has('auto-compaction-retention')).toBe(false);
  });

  test('a variable that would rename the node is refused', () => {
    expect(extraArgumentProblems([], ['ETCD_NAME'])).toEqual([
      expect.stringContaining('--name is set by e2d itself'),
    ]);
  });
});

describe('versions', () => {
  test('are compared by number', () => {
    expect(isAtLeast(parseEtcdVersion('3.10.0'), '3.6.0')).toBe(true);
    expect(isAtLeast(parseEtcdVersion('v3.5.4'), '3.5.5')).toBe(false);
    expect(isAtLeast(parseEtcdVersion('3.6.0-rc.1'), '3.6.0')).toBe(true);
  });

  test('anything else is refused', () => {
    expect(() => parseEtcdVersion('latest')).toThrow(/"latest" is not an etcd version/);
  });
});
