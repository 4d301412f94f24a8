import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { commands } from '../../../src/cli/commands.ts';
import { bashCompletion } from '../../../src/cli/completion/bash.ts';
import { fishCompletion } from '../../../src/cli/completion/fish.ts';
import { zshCompletion } from '../../../src/cli/completion/zsh.ts';
import { optionNames } from '../../../src/config/options.ts';

const scripts = {
  bash: bashCompletion(commands),
  zsh: zshCompletion(commands),
  fish: fishCompletion(commands),
};
type Shell = keyof typeof scripts;
const shells = Object.keys(scripts) as Shell[];

const folder = mkdtempSync(join(tmpdir(), 'e2d-completion-'));
const fileOf = (shell: Shell) => join(folder, shell);
for (const shell of shells) writeFileSync(fileOf(shell), scripts[shell]);
afterAll(() => rmSync(folder, { recursive: true }));

function run(shell: Shell, ...args: readonly string[]) {
  const env = { ...process.env, HOME: folder };
  return spawnSync(shell, args, { env, encoding: 'utf8', timeout: 20_000 });
}

const has = (shell: Shell) => run(shell, '-c', 'exit 0').status === 0;

describe.each(shells)('the script for %s', (shell) => {
  test('knows every command and every option', () => {
    for (const { words } of commands) {
      for (const word of words) expect(scripts[shell]).toContain(word);
    }
    const flag = (name: string) => (shell === 'fish' ? `-l ${name} ` : `--${name}`);
    for (const name of optionNames) expect(scripts[shell]).toContain(flag(name));
  });

  test.skipIf(!has(shell))('is valid', () => {
    const { status, stderr } = run(shell, '-n', fileOf(shell));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe('bash offers', () => {
  function offered(...line: readonly string[]): string[] {
    const words = line.map((word) => `'${word}'`).join(' ');
    const ask = `COMP_WORDS=(e2d ${words}); COMP_CWORD=${line.length}; _e2d; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = run('bash', '-c', `source ${fileOf('bash')}; ${ask}`);
    expect(stderr).toBe('');
    return stdout.split('\n').filter((word) => word !== '');
  }

  test.each([
    [[''], [...new Set(commands.map(({ words: [first = ''] }) => first)), 'help']],
    [['s'], ['simulate', 'snapshot', 'status']],
    [['re'], ['recover', 'replay', 'restore']],
    [
      ['etcd', ''],
      ['auth', 'install', 'issue', 'list', 'root-issue', 'user-add'],
    ],
    [['etcd', 'l'], ['list']],
    [
      ['completion', ''],
      ['--help', '--verbose', '-h', '-v', 'bash', 'fish', 'zsh'],
    ],
    [['completion', 'b'], ['bash']],
    [
      ['explain', 'S2'],
      ['S2', 'S20', 'S21'],
    ],
    [['explain', 'E2D_TLS_F'], ['E2D_TLS_FILE']],
    [
      ['run', '--on-exit', ''],
      ['stop-etcd', 'keep-etcd'],
    ],
    [
      ['run', '-n', ''],
      ['1', '3', '5', '7'],
    ],
    [['run', '--name', ''], []],
    [['run', '--snapshot-c'], ['--snapshot-compression']],
    [['run', '-n', '3', '--log-l'], ['--log-level']],
    [['run', '--config', '/etc/hostn'], ['/etc/hostname']],
    [['etcd', 'install', '--vers'], ['--version']],
    [
      ['version', '--'],
      ['--help', '--json', '--verbose'],
    ],
  ])('after %j', (line, expected) => {
    expect(offered(...line).sort()).toEqual([...expected].sort());
  });
});

describe.skipIf(!has('fish'))('fish offers', () => {
  test.each([
    ['e2d s', ['simulate', 'snapshot', 'status']],
    ['e2d etcd ', ['auth', 'install', 'issue', 'list', 'root-issue', 'user-add']],
    ['e2d completion b', ['bash']],
    ['e2d run --on-exit ', ['keep-etcd', 'stop-etcd']],
    ['e2d run --snapshot-c', ['--snapshot-compression']],
  ])('after %j', (line, expected) => {
    const ask = `complete -C '${line}'`;
    const { stdout } = run('fish', '-c', `source ${fileOf('fish')}; ${ask}`);
    const words = stdout.split('\n').map((row) => row.split('\t')[0]);
    expect(words.filter((word) => word !== '')).toEqual(expected);
  });
});
