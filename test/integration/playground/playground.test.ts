import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { processesIn, signal } from '../../../src/playground/processes.ts';
import { waitUntil } from '../../support/wait-until.ts';

const main = resolve(import.meta.dirname, '../../../dist/src/cli/main.js');
/** Far more than any of these takes: what must end does not. */
const testTimeoutMs = 60_000;
const csi = '\u001b[';

/** A playground in a folder for temporary files of its own, and what it has written. */
class Run {
  output = '';
  readonly #child: ChildProcess;
  readonly ended: Promise<number | NodeJS.Signals | null>;

  constructor(argv: readonly string[], folder: string) {
    this.#child = spawn(argv[0] ?? '', argv.slice(1), {
      env: { ...process.env, TMPDIR: folder, TERM: 'xterm' },
      stdio: 'pipe',
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += String(chunk);
      });
    }
    this.ended = new Promise((done) => {
      this.#child.on('close', (code, killedBy) => done(code ?? killedBy));
    });
  }

  async says(pattern: RegExp, withinMs = 20_000): Promise<void> {
    await waitUntil(() => pattern.test(this.output), {
      what: `the playground says ${pattern}`,
      withinMs,
      explain: () => this.output.slice(-3_000),
    });
  }

  signal(name: NodeJS.Signals): void {
    if (this.#child.pid !== undefined) signal(this.#child.pid, name);
  }

  press(keys: string): void {
    this.#child.stdin?.write(keys);
  }
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'e2d-pg-'));
});
afterEach(() => {
  for (const pid of processesIn(folder)) signal(pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

function playground(...args: string[]): Run {
  return new Run([process.execPath, main, 'playground', ...args], folder);
}

/** The folders that a playground has made; their names are those of its namespaces too. */
function folders(): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('e2d-playground-'));
}

function namespacesOf(sandboxes: readonly string[]): string[] {
  const names = existsSync('/run/netns') ? readdirSync('/run/netns') : [];
  const ids = sandboxes.map((name) => name.slice(0, name.lastIndexOf('-')));
  return names.filter((name) => ids.some((id) => name.startsWith(id)));
}

function expectNothingLeft(sandboxes: readonly string[]): void {
  expect(sandboxes.length).toBeGreaterThan(0);
  expect(folders()).toEqual([]);
  expect(processesIn(folder)).toEqual([]);
  expect(namespacesOf(sandboxes)).toEqual([]);
}

describe('e2d playground --script', { timeout: testTimeoutMs }, () => {
  test('tells a story that ends as expected, and leaves nothing behind', async () => {
    const run = playground('--script', 'kill-leader');
    await run.says(/ 2 Kill e2d and etcd of the leader/);
    const sandboxes = folders();
    expect(await run.ended, run.output).toBe(0);
    expect(run.output).toMatch(/Done after [\d.]+ s: n\d leads; writes stood still for [\d.]+ s\./);
    expect(run.output).toMatch(/n\d decides to restart-existing: .* \(rule S9\)/);
    expect(run.output).toMatch(/Done after [\d.]+ s: (\d+) of \1 are there\./);
    expect(run.output).toMatch(/Story kill-leader ended as expected after [\d.]+ s\.\n/);
    expectNothingLeft(sandboxes);
  });

  test('clears away what one that was killed left, and itself at SIGTERM', async () => {
    const killed = playground('--script', 'pause');
    await killed.says(/n\d starts etcd/);
    await waitUntil(() => processesIn(folder, 'etcd').length === 3, {
      what: 'three etcd processes run',
      withinMs: 10_000,
    });
    const first = folders();
    killed.signal('SIGKILL');
    expect(await killed.ended).toBe('SIGKILL');
    expect(processesIn(folder, 'etcd')).toHaveLength(3);

    const ended = playground('--script', 'pause');
    await ended.says(/n\d starts etcd/);
    expect(ended.output).toContain(`Cleared away ${join(folder, first[0] ?? '')}.\n`);
    const second = folders();
    expect(second).toHaveLength(1);
    expect(second).not.toEqual(first);
    ended.signal('SIGTERM');
    expect(await ended.ended).toBe(1);
    expect(ended.output).toContain('e2d: The story was ended by SIGTERM before its end.\n');
    expectNothingLeft([...first, ...second]);
  });
});

describe('e2d playground', { timeout: testTimeoutMs }, () => {
  test('says in one sentence that it needs a terminal', async () => {
    const run = playground();
    expect(await run.ended).toBe(2);
    expect(run.output).toMatch(/^e2d: The playground draws on a terminal and reads keys, and/);
    expect(folders()).toEqual([]);
  });

  /** The program of util-linux that runs a command on a terminal of its own. */
  const typescript = 'script';
  const hasIt = spawnSync(typescript, ['--version'], { stdio: 'ignore' }).status === 0;
  test.skipIf(!hasIt)('is played with keys, and gives the terminal back', async () => {
    const command = `stty cols 100 rows 30; "${process.execPath}" "${main}" playground -n 1`;
    const run = new Run([typescript, '-qec', command, '/dev/null'], folder);
    await run.says(/n1 leads/);
    const sandboxes = folders();
    await run.says(/[1-9]\d* writes\/s/);
    run.press('k');
    await run.says(/you .*kill the etcd of n1/);
    await run.says(/etcd was killed by SIGKILL/);
    run.press('q');
    expect(await run.ended, run.output.slice(-2_000)).toBe(0);
    expect(run.output.split(`${csi}?1049h`)).toHaveLength(2);
    expect(run.output.split(`${csi}?1049l`)).toHaveLength(2);
    expect(run.output.indexOf(`${csi}?25h`)).toBeGreaterThan(run.output.indexOf('n1 leads'));
    expectNothingLeft(sandboxes);
  });
});
