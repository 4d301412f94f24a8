import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import { thisMachine } from '../../../src/config/surroundings.ts';
import { allTlsFiles, load, readableTlsFiles, refusal, surroundings } from './machine.ts';

describe('defaults', () => {
  test('are those of a single node on this machine alone', async () => {
    expect(await load()).toEqual({
      name: null,
      dataDir: '/srv/data',
      stateDir: '/srv/data/e2d',
      host: '127.0.0.1',
      urls: {
        clientListen: ['http://127.0.0.1:2379'],
        clientAdvertise: 'http://127.0.0.1:2379',
        peerListen: ['http://127.0.0.1:2380'],
        peerAdvertise: 'http://127.0.0.1:2380',
      },
      gossip: { host: '127.0.0.1', port: 7980, advertise: { host: '127.0.0.1', port: 7980 } },
      bootstrapAddresses: [],
      requiredSize: 1,
      healthCheckIntervalMs: 60_000,
      healthCheckTimeoutMs: 300_000,
      bootstrapTimeoutMs: 1_800_000,
      learnerTimeoutMs: 600_000,
      maxRemovalsPerHour: 3,
      etcd: {
        binDir: null,
        cacheDir: '/home/ann/.cache/e2d/etcd',
        version: null,
        releasesUrl: null,
        extraArgs: [],
        passEnv: [],
      },
      tls: null,
      caKeyFile: null,
      gossipKeyFile: null,
      snapshots: null,
      onExit: 'stop-etcd',
      remoteControl: null,
      logLevel: 'info',
      logFormat: 'json',
      verbose: false,
      warnings: [],
    });
  });

  test('the log is pretty on a terminal, and detailed with --verbose', async () => {
    expect((await load({ terminal: true })).logFormat).toBe('pretty');
    expect((await load({ flags: { verbose: 'true' } })).logLevel).toBe('debug');
    expect((await load({ flags: { verbose: '1', 'log-level': 'warn' } })).logLevel).toBe('warn');
  });

  test('looks at members five times within a short time-out', async () => {
    const config = await load({ flags: { 'health-check-timeout': '10s' } });
    expect(config.healthCheckIntervalMs).toBe(2000);
  });

  test('the cache follows XDG_CACHE_HOME where it is absolute', async () => {
    const cacheDir = async (home: string) =>
      (await load({ env: { XDG_CACHE_HOME: home } })).etcd.cacheDir;
    expect(await cacheDir('/cache')).toBe('/cache/e2d/etcd');
    expect(await cacheDir('cache')).toBe('/home/ann/.cache/e2d/etcd');
  });

  test('the real surroundings suffice for them', async () => {
    const { dataDir } = await load();
    expect(dataDir).toMatch(/^\//);
    const machine = thisMachine();
    expect(machine.networkInterfaces()['lo']?.[0]?.internal).toBe(true);
    expect(await machine.resolveHost('localhost')).toMatch(/^(127\.|::1)/);
    expect(() => machine.readFile('/no/such/file')).toThrow('ENOENT');
  });
});

describe('precedence', () => {
  const files = { '/srv/e2d.yaml': 'name: file\ndata-dir: /file\nhost: 10.0.0.9\n' };
  test('flag over variable over file over default', async () => {
    const config = await load({
      flags: { config: 'e2d.yaml', name: 'flag' },
      env: { E2D_NAME: 'variable', E2D_DATA_DIR: '/variable' },
      files,
    });
    expect(config).toMatchObject({ name: 'flag', dataDir: '/variable', host: '10.0.0.9' });
    expect(config.onExit).toBe('stop-etcd');
  });

  test('an empty variable or key is unset', async () => {
    const empty = { '/srv/e2d.yaml': 'host:\nname: ""\ndata-dir: /file\n' };
    const env = { E2D_CONFIG: '/srv/e2d.yaml', E2D_DATA_DIR: '', E2D_HEALTH_CHECK_TIMEOUT: '' };
    const config = await load({ env, files: empty });
    expect(config).toMatchObject({ name: null, dataDir: '/file', healthCheckTimeoutMs: 300_000 });
  });

  test('the file of --config is read, not that of E2D_CONFIG', async () => {
    const config = await load({
      flags: { config: '/srv/e2d.yaml' },
      env: { E2D_CONFIG: '/none.yaml' },
      files,
    });
    expect(config.name).toBe('file');
  });

  test('of a repeated flag the last, unless it is a list', async () => {
    const files = { '/a.yaml': 'host: 10.0.0.8', '/b.yaml': 'host: 10.0.0.9' };
    const flags = ['name=a', 'config=/a.yaml', 'bootstrap-addrs=b1', 'name=b', 'config=/b.yaml'];
    const given = [...flags, 'bootstrap-addrs=b2,b3', 'required-cluster-size=3'].map((flag) => {
      const [option = '', text = ''] = flag.split('=');
      return { option, origin: `--${option}`, text };
    });
    const line = { given, problems: [], warnings: [] };
    const config = await loadConfig(line, surroundings({ files }));
    expect(config).toMatchObject({ name: 'b', host: '10.0.0.9' });
    expect(config.bootstrapAddresses.map(({ host }) => host)).toEqual(['b1', 'b2', 'b3']);
  });

  test('today’s variable outranks its former spelling', async () => {
    const config = await load({
      env: { E2D_HEALTHCHECK_TIMEOUT: '1m', E2D_HEALTH_CHECK_TIMEOUT: '2m' },
    });
    expect(config.healthCheckTimeoutMs).toBe(120_000);
  });
});

describe('all problems are told at once', () => {
  test('from flags, variables, file and their combination', async () => {
    const message = await refusal({
      flags: { config: 'e2d.yaml', 'required-cluster-size': '3' },
      env: { E2D_LOG_LEVEL: 'loud', E2D_BOOTSTRAP_ADDR: '10.0.0.6' },
      files: { '/srv/e2d.yaml': 'dataDir: /x\nlearner-timeout: 5\npeer-cert: p.crt\n' },
    });
    expect(message.split('\n')).toEqual([
      '8 things are wrong:',
      '  - dataDir in /srv/e2d.yaml is not an option. Did you mean data-dir?',
      expect.stringMatching(/^ {2}- learner-timeout in \/srv\/e2d.yaml "5" must be a duration/),
      expect.stringMatching(/^ {2}- E2D_LOG_LEVEL "loud" must be trace, /),
      expect.stringMatching(/^ {2}- --required-cluster-size 3 needs --bootstrap-addrs/),
      expect.stringMatching(/^ {2}- peer-cert in \/srv\/e2d.yaml "\/srv\/p.crt" cannot be read/),
      expect.stringMatching(/^ {2}- peer-cert in \/srv\/e2d.yaml is given without --peer-key/),
      expect.stringMatching(
        /^ {2}- peer-cert in \/srv\/e2d.yaml asks for TLS, which also needs --ca/,
      ),
      expect.stringMatching(/asks for TLS, which also needs --server-cert and --server-key/),
      'Also worth a look:',
      '  - E2D_BOOTSTRAP_ADDR is not a variable that e2d knows; it is ignored. ' +
        'Did you mean E2D_BOOTSTRAP_ADDRS?',
    ]);
  });

  test('a single one is told as a plain sentence', async () => {
    expect(await refusal({ flags: { 'on-exit': 'x' } })).toBe(
      '--on-exit "x" must be stop-etcd or keep-etcd.',
    );
  });
});

describe('TLS', () => {
  test('is complete with five files; e2d shows the peer certificate itself', async () => {
    const config = await load({
      flags: { ...allTlsFiles, 'ca-key': '/srv/ca.key' },
      files: readableTlsFiles,
    });
    const peer = { certFile: '/srv/peer.crt', keyFile: '/srv/peer.key' };
    expect(config.tls).toEqual({
      caCertFile: '/srv/ca.crt',
      peerCaCertFile: '/srv/ca.crt',
      clientCertAuth: true,
      migration: null,
      server: { certFile: '/srv/server.crt', keyFile: '/srv/server.key' },
      peer,
      client: peer,
    });
    expect(config.caKeyFile).toBe('/srv/ca.key');
    expect(config.urls.clientAdvertise).toBe('https://10.0.0.5:2379');
    expect(config.warnings).toEqual([]);
  });

  test('a client certificate of its own is used', async () => {
    const flags = { ...allTlsFiles, 'client-cert': 'client.crt', 'client-key': 'client.key' };
    const { tls } = await load({ flags, files: readableTlsFiles });
    expect(tls?.client).toEqual({ certFile: '/srv/client.crt', keyFile: '/srv/client.key' });
  });

  const left = (...names: string[]) =>
    Object.fromEntries(Object.entries(allTlsFiles).filter(([name]) => !names.includes(name)));

  test.each([
    [
      left('ca-cert'),
      '--server-cert asks for TLS, which also needs --ca-cert: nobody could be told from a stranger.',
    ],
    [left('server-cert'), '--server-key is given without --server-cert.'],
    [left('server-key'), '--server-cert is given without --server-key.'],
    [left('peer-cert'), '--peer-key is given without --peer-cert.'],
    [left('peer-key'), '--peer-cert is given without --peer-key.'],
    [
      { ...allTlsFiles, 'client-cert': 'client.crt' },
      '--client-cert is given without --client-key.',
    ],
    [
      left('server-cert', 'server-key'),
      '--ca-cert asks for TLS, which also needs --server-cert and --server-key: etcd could show nothing to its clients.',
    ],
    [
      left('peer-cert', 'peer-key'),
      '--ca-cert asks for TLS, which also needs --peer-cert and --peer-key: etcd could show nothing to the other members.',
    ],
  ])('half of a set has a sentence of its own: %#', async (flags, sentence) => {
    expect(await refusal({ flags, files: readableTlsFiles })).toBe(sentence);
  });

  test('members may have an authority of their own', async () => {
    const flags = { ...allTlsFiles, 'peer-ca-cert': 'client.crt' };
    const { tls } = await load({ flags, files: readableTlsFiles });
    expect(tls).toMatchObject({ caCertFile: '/srv/ca.crt', peerCaCertFile: '/srv/client.crt' });
  });

  test('clients are let in without a certificate only when it is said, with a warning', async () => {
    const flags = { ...allTlsFiles, 'ca-key': 'ca.key', 'client-cert-auth': 'false' };
    const config = await load({ flags, files: readableTlsFiles });
    expect(config.tls?.clientCertAuth).toBe(false);
    expect(config.warnings).toEqual([
      expect.stringMatching(/^Clients of etcd are asked for no certificate, because --client-cert/),
    ]);
  });

  test('nobody who has no TLS is warned of clients without certificates', async () => {
    expect((await load({ flags: { 'client-cert-auth': 'false' } })).warnings).toEqual([]);
  });

  test('a lone --ca-key encrypts gossip and asks for nothing', async () => {
    const config = await load({ flags: { 'ca-key': 'ca.key' }, files: readableTlsFiles });
    expect(config).toMatchObject({ tls: null, caKeyFile: '/srv/ca.key' });
  });

  test('without a key for it it warns that gossip is open', async () => {
    const config = await load({ flags: allTlsFiles, files: readableTlsFiles });
    expect(config.warnings).toEqual([expect.stringContaining('Gossip is not encrypted')]);
  });

  test('--gossip-key-file is a key for it, and needs no --ca-key', async () => {
    const config = await load({
      flags: { ...allTlsFiles, 'gossip-key-file': 'gossip.key' },
      files: { ...readableTlsFiles, '/srv/gossip.key': 'x' },
    });
    expect(config).toMatchObject({ gossipKeyFile: '/srv/gossip.key', caKeyFile: null });
    expect(config.warnings).toEqual([]);
  });
});

describe('the file', () => {
  const from = (yaml: string) =>
    load({ flags: { config: 'e2d.yaml' }, files: { '/srv/e2d.yaml': yaml } });
  const refused = (yaml: string) =>
    refusal({ flags: { config: 'e2d.yaml' }, files: { '/srv/e2d.yaml': yaml } });

  test.each(['007', '1e3', 'true', 'null', '0x10', '2026-01-01'])(
    'keeps %s a name',
    async (name) => {
      expect((await from(`name: ${name}\n`)).name).toBe(name);
    },
  );

  test('takes lists as lists, and as texts', async () => {
    const seeds = [
      { host: '10.0.0.6', port: 7980 },
      { host: '2001:db8::7', port: 7981 },
    ];
    const yaml = 'required-cluster-size: 3\nbootstrap-addrs:';
    expect((await from(`${yaml} 10.0.0.6,[2001:db8::7]:7981`)).bootstrapAddresses).toEqual(seeds);
    expect(
      (await from(`${yaml}\n  - 10.0.0.6\n  - '[2001:db8::7]:7981'`)).bootstrapAddresses,
    ).toEqual(seeds);
  });

  test.each([
    ['- name', /must be a list of "option: value" lines/],
    ['name', /must be a list of "option: value" lines/],
    ['name: [a, b]', /name in .* must be .*, and a single value/],
    ['name: {a: b}', /and a single value/],
    ['config: other.yaml', /config in .* is not allowed in a file/],
    ['name: a\nname: b', /line 2 is not valid YAML \(DUPLICATE_KEY\)/],
    ['name: &x [*x]\n', /cannot be read \(Alias resolution is disabled\)/],
    ['name: a\n  b: c', /is not valid YAML/],
  ])('%j is refused', async (yaml, expected) => {
    expect(await refused(yaml)).toMatch(expected);
  });

  test.each(['', '# nothing\n', '---\n'])('%j is an empty one', async (yaml) => {
    expect((await from(yaml)).name).toBeNull();
  });
});

describe('what is accepted with a warning', () => {
  const warningsOf = async (flags: Record<string, string>) => (await load({ flags })).warnings;
  test.each([
    [{ 'do-access-token': 'hunter2' }, /--do-access-token has no effect in this version/],
    [{ 'bootstrap-addrs': '10.0.0.6' }, /no effect while --required-cluster-size is 1/],
    [{ 'etcd-extra-args': '--unsafe-no-fsync' }, /--unsafe-no-fsync, with which etcd may lose/],
  ])('%j', async (flags, expected) => {
    const warnings = await warningsOf(flags as Record<string, string>);
    expect(warnings).toEqual([expect.stringMatching(expected)]);
    expect(warnings.join()).not.toContain('hunter2');
  });

  test('an unknown variable of e2d, but of nobody else', async () => {
    const { warnings } = await load({ env: { E2D_NAEM: 'x', ETCD_NAME: 'y', E2DX: 'z' } });
    expect(warnings).toEqual([
      'E2D_NAEM is not a variable that e2d knows; it is ignored. Did you mean E2D_NAME?',
    ]);
  });
});

test('extra arguments are split as a shell would, and variables listed', async () => {
  const { etcd } = await load({
    flags: {
      'etcd-extra-args': `--max-txn-ops=256 --log-level 'debug' --experimental="a b"`,
      'etcd-pass-env': 'ETCD_SNAPSHOT_COUNT, GOGC',
      'etcd-version': 'v3.6.6',
    },
  });
  expect(etcd.extraArgs).toEqual([
    '--max-txn-ops=256',
    '--log-level',
    'debug',
    '--experimental=a b',
  ]);
  expect(etcd.passEnv).toEqual(['ETCD_SNAPSHOT_COUNT', 'GOGC']);
  expect(etcd.version).toBe('3.6.6');
});
