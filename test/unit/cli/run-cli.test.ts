import { describe, expect, test } from 'vitest';
import { commands } from '../../../src/cli/commands.ts';
import { runCli } from '../../../src/cli/run-cli.ts';
import { optionNames, options } from '../../../src/config/options.ts';

async function e2d(...args: readonly string[]) {
  const said = { out: '', err: '' };
  const exit = await runCli(args, {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    errIsTerminal: false,
  });
  return { exit, ...said };
}

describe('help', () => {
  test.each([[[]], [['help']], [['--help']], [['-h']]])(
    'e2d %j lists the commands',
    async (args) => {
      const { exit, out, err } = await e2d(...args);
      expect({ exit, err }).toEqual({ exit: 0, err: '' });
      for (const { words, summary } of commands) {
        expect(out).toMatch(new RegExp(`^ +${words.join(' ')} +${summary}$`, 'm'));
      }
    },
  );

  test.each(commands.map(({ words }) => words))('of e2d %s %s', async (...words) => {
    const called = words.filter((word) => word !== undefined);
    const command = commands.find((one) => one.words.join() === called.join());
    const asked = await Promise.all([
      e2d(...called, '--help'),
      e2d(...called, '-h', '--no-such-flag'),
      e2d('help', ...called),
      e2d('--help', ...called),
    ]);
    for (const { exit, out, err } of asked) {
      expect({ exit, err, out }).toEqual({ exit: 0, err: '', out: asked[0].out });
    }
    for (const flag of Object.keys(command?.flags ?? {}))
      expect(asked[0].out).toContain(`--${flag}`);
    for (const { line } of command?.examples ?? []) expect(asked[0].out).toContain(line);
    for (const line of asked[0].out.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  test('of a family of commands', async () => {
    const { out } = await e2d('etcd', '--help');
    expect(out).toContain('etcd install');
    expect(out).not.toContain('completion');
  });

  test('of e2d run shows every option with its default', async () => {
    const { out } = await e2d('run', '--help');
    for (const name of optionNames) expect(out).toContain(`--${name}`);
    expect(out).toMatch(/-n, --required-cluster-size N .*\(default 1\)/);
    expect(Object.keys(options)).toEqual(optionNames);
  });
});

describe('bad usage ends with 2, says why and says what to do', () => {
  test.each([
    [['rnu'], 'e2d: e2d has no command "rnu". Did you mean run?', '"e2d help" lists'],
    [['help', 'rnu'], 'e2d: e2d has no command "rnu". Did you mean run?', '"e2d help" lists'],
    [['frobnicate', '-x'], 'e2d: e2d has no command "frobnicate".', '"e2d help" lists'],
    [
      ['etcd'],
      'e2d: "e2d etcd" needs another word: install, list, auth, user-add, issue or root-issue.',
      '"e2d help" lists',
    ],
    [
      ['etcd', 'lsit'],
      'e2d: e2d has no command "etcd lsit". Did you mean etcd list?',
      '"e2d help"',
    ],
    [['--nmae'], 'e2d: e2d has no command "--nmae".', '"e2d help" lists'],
    [
      ['version', '--jsno'],
      'e2d: --jsno is not a flag of this command. Did you mean --json?',
      '"e2d version --help"',
    ],
    [
      ['version', '--json=maybe'],
      'e2d: --json "maybe" must be true or false.',
      '"e2d version --help"',
    ],
    [
      ['version', 'now'],
      'e2d: "e2d version" takes no argument; "now" was given.',
      '"e2d version --help"',
    ],
    [
      ['completion'],
      'e2d: "e2d completion" needs one of bash, zsh, fish, none was given.',
      '"e2d completion --help"',
    ],
    [
      ['completion', 'csh'],
      'e2d: "e2d completion" needs one of bash, zsh, fish, not "csh".',
      '"e2d completion --help"',
    ],
    [
      ['completion', 'bash', 'zsh'],
      'e2d: "zsh" is one argument too many for "e2d completion".',
      '"e2d completion --help"',
    ],
    [['run', '-n', '4'], 'e2d: -n "4" must be 1, 3, 5 or 7.', '"e2d run --help"'],
    [['run', 'now'], 'e2d: "e2d run" takes no argument; "now" was given.', '"e2d run --help"'],
    [['status', '--timeout=x'], /^e2d: --timeout "x" must be a duration/, '"e2d status --help"'],
    [
      ['etcd', 'install', '--version', 'new'],
      /^e2d: --version "new" must be/,
      '"e2d etcd install --help"',
    ],
    [['etcd', 'list', '--etcd-version=3'], /^e2d: --etcd-version is not a flag/, '"e2d etcd list'],
  ])('e2d %j', async (args, problem, remedy) => {
    const { exit, out, err } = await e2d(...args);
    const [first, second, ...rest] = err.split('\n');
    expect({ exit, out, rest }).toEqual({ exit: 2, out: '', rest: [''] });
    expect(first).toEqual(problem instanceof RegExp ? expect.stringMatching(problem) : problem);
    expect(second).toContain(remedy);
  });

  test('everything wrong with a call is told at once', async () => {
    const { exit, err } = await e2d('run', 'now', '--bad', '-n2', '--name');
    expect(exit).toBe(2);
    expect(err).toMatch(/^e2d: 4 things are wrong:\n {2}- --bad .*\n {2}- --name needs/);
    expect(err).toMatch(/"now" was given\.\n {2}- -n "2" must be 1, 3, 5 or 7\.\n"e2d run --help"/);
  });

  test('--verbose adds the code and the place', async () => {
    const { err } = await e2d('-v', 'rnu');
    expect(err).toMatch(/code: E2D_UNKNOWN_COMMAND\n +at /);
    expect((await e2d('rnu')).err).not.toMatch(/code:|^ +at /m);
  });
});

describe('version', () => {
  test.each([[['version']], [['--version']]])('%j', async (args) => {
    const { exit, out } = await e2d(...args);
    expect(exit).toBe(0);
    expect(out).toMatch(/^e2d \d+\.\d+\.\d+ \(Node\.js \d+\.\d+\.\d+, \w+-\w+\)\n$/);
  });
  test('for a program', async () => {
    const found: unknown = JSON.parse((await e2d('version', '--json')).out);
    expect(found).toEqual({
      e2d: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
    });
  });
});
