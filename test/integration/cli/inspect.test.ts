import { spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { askNode } from '../../../src/cli/control-client.ts';
import { runCli } from '../../../src/cli/run-cli.ts';
import { type ControlServer, serveControl } from '../../../src/control/control-server.ts';
import type { ControlMethod } from '../../../src/control/requests.ts';
import { suspectingRun } from '../../support/inspect-example.ts';
import { waitUntil } from '../../support/wait-until.ts';

let folder = '';
let control: ControlServer | null = null;
const run = suspectingRun();
const inspect: ControlMethod = ({ since }) => run.report(since);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2d-inspect-'));
});
afterEach(async () => {
  await control?.close();
  control = null;
  await rm(folder, { recursive: true });
});

async function serve(methods: Readonly<Record<string, ControlMethod>>): Promise<void> {
  control = await serveControl(join(folder, 'e2d.sock'), methods);
}

/** Something else behind the socket, which says this much and no more. */
async function impostor(answer?: string): Promise<() => Promise<void>> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).resume();
    if (answer !== undefined) socket.end(answer);
  });
  await new Promise<void>((resolve) => server.listen(join(folder, 'e2d.sock'), resolve));
  return () => new Promise((resolve) => server.close(() => resolve()));
}

async function e2d(...args: readonly string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const exit = await runCli(['inspect', '--state-dir', folder, ...args], {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    errIsTerminal: false,
  });
  return { exit, out: out.join(''), err: err.join('') };
}

describe('e2d inspect', () => {
  test('draws a tree', async () => {
    await serve({ inspect });
    const { exit, out, err } = await e2d();
    expect({ exit, err }).toEqual({ exit: 0, err: '' });
    expect(out).toMatch(/^Node a, path restart-existing\n/);
    expect(out).toMatch(/├─ ● membership\.suspecting {2}4s {2}○ watching/);
    expect(out).toBe(stripVTControlCharacters(out));
  });

  test('--format json is the report as it was sent', async () => {
    await serve({ inspect });
    const { out } = await e2d('--format', 'json');
    expect(JSON.parse(out)).toEqual(run.report());
  });

  test('--format mermaid marks the active states', async () => {
    await serve({ inspect });
    const { out } = await e2d('--format', 'mermaid');
    expect(out).toMatch(/^stateDiagram-v2\n/);
    const [, marked = ''] = /^ *class (\S+) active$/m.exec(out) ?? [];
    expect(marked.split(',').sort()).toEqual([
      'node_active_running_backup_idle',
      'node_active_running_certificates_watching',
      'node_active_running_etcd_up_healthy',
      'node_active_running_membership_suspecting',
      'node_active_running_proof_idle',
      'node_active_running_quorum_held',
      'node_active_running_standing_voting',
    ]);
  });

  test('--format dot marks the active states', async () => {
    await serve({ inspect });
    const { out } = await e2d('--format', 'dot');
    expect(out).toMatch(/^digraph chart \{\n/);
    expect(out).toMatch(/id="state-node\.active\.running\.quorum\.held", class="[^"]*active"/);
    expect(out).not.toMatch(/id="state-node\.active\.running\.quorum\.lost", class="[^"]*active"/);
  });

  test('--format svg marks the active states in the picture', async () => {
    await serve({ inspect });
    const { exit, out, err } = await e2d('--format', 'svg');
    expect({ exit, err }).toEqual({ exit: 0, err: '' });
    expect(out).toMatch(/^<svg /);
    expect(out).toMatch(/class="[^"]* active" data-state="node\.active\.running\.quorum\.held"/);
    expect(out).not.toMatch(/active" data-state="node\.active\.running\.quorum\.lost"/);
    expect(out).toContain('Node a at 1970-01-01T01:00:07.100Z');
  });

  test('as many as like may inspect at the same time', async () => {
    await serve({ inspect });
    const all = await Promise.all(Array.from({ length: 8 }, () => e2d('--format', 'json')));
    expect(new Set(all.map(({ exit, out }) => `${exit} ${out.length}`)).size).toBe(1);
    expect(all[0]?.exit).toBe(0);
  });

  test('a request may name the step after which it wants to hear', async () => {
    await serve({ inspect });
    const path = join(folder, 'e2d.sock');
    const ask = (since: number) =>
      askNode(path, { method: 'inspect', since }, { timeoutMs: 3_000 });
    const last = run.report().recent.at(-1);
    expect(await ask((last?.lastSeq ?? 0) - 1)).toMatchObject({ recent: [last] });
    expect(await ask(last?.lastSeq ?? 0)).toMatchObject({ recent: [] });
    await expect(ask(-1)).rejects.toMatchObject({ code: 'E2D_CONTROL_REFUSED' });
  });

  test('an aborted question is given up at once', async () => {
    const close = await impostor();
    const path = join(folder, 'e2d.sock');
    const ended = new AbortController();
    const asked = askNode(path, { method: 'inspect' }, { timeoutMs: 60_000, signal: ended.signal });
    setImmediate(() => ended.abort(new Error('enough')));
    await expect(asked).rejects.toThrow('enough');
    await expect(
      askNode(path, { method: 'inspect' }, { timeoutMs: 60_000, signal: ended.signal }),
    ).rejects.toThrow('enough');
    await close();
  });
});

describe('what cannot be inspected is told in a sentence:', () => {
  test('nobody is there', async () => {
    const { exit, out, err } = await e2d();
    expect({ exit, out }).toEqual({ exit: 1, out: '' });
    expect(err).toMatch(/^e2d: No e2d runs with this state dir: .*e2d\.sock\.\nStart it with/);
  });

  test('the socket is a dead one’s', async () => {
    await writeFile(join(folder, 'e2d.sock'), '');
    const { exit, err } = await e2d();
    expect(exit).toBe(1);
    expect(err).toMatch(/^e2d: The e2d that made .* is no longer running\.\n/);
  });

  test('nobody answers in time', async () => {
    const close = await impostor();
    const { exit, err } = await e2d('--timeout', '200ms');
    expect(exit).toBe(1);
    expect(err).toMatch(/^e2d: e2d did not answer at .* within 0\.2 s\.\n/);
    await close();
  });

  test.each([
    ['another program', 'HTTP/1.1 400 Bad Request\r\n', 'does not speak as this e2d does'],
    ['another report', '{"result":{"node":1}}\n', 'reports in a form that this e2d does not know'],
  ])('%s answers', async (_, answer, sentence) => {
    const close = await impostor(answer);
    const { exit, out, err } = await e2d();
    expect({ exit, out }).toEqual({ exit: 1, out: '' });
    expect(err).toContain(sentence);
    await close();
  });

  test('an older e2d answers', async () => {
    await serve({ status: () => ({}) });
    const { exit, err } = await e2d();
    expect(exit).toBe(1);
    expect(err).toContain('reports in a form that this e2d does not know');
  });

  test.each([
    [['--watch'], '--watch draws on a terminal, and here is none.'],
    [['--watch', '--format', 'svg'], 'it cannot be had with --format svg.'],
    [['--format', 'png'], '--format "png" must be tree, json, mermaid, dot or svg.'],
    [['S1'], '"e2d inspect" takes no argument; "S1" was given.'],
  ])('%j', async (args, sentence) => {
    await serve({ inspect });
    const { exit, out, err } = await e2d(...args);
    expect({ exit, out }).toEqual({ exit: 2, out: '' });
    expect(err).toContain(sentence);
  });
});

const main = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const hasScript = spawnSync('script', ['--version']).status === 0;

describe.skipIf(!hasScript)('e2d inspect --watch in a terminal', () => {
  /** Runs it in a terminal of 40 columns; `script` makes one, and passes keys on. */
  function watching() {
    const called =
      `stty cols 40 rows 24; trap : HUP; node --import tsx ${main} inspect --watch ` +
      `--state-dir ${folder}; code=$?; echo $code > ${folder}/code; exit $code`;
    const child = spawn('script', ['-qefc', called, join(folder, 'typescript')], {
      stdio: 'pipe',
      env: { ...process.env, TERM: 'xterm', NO_COLOR: '1' },
    });
    let shown = '';
    child.stdout.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
    });
    const exit = new Promise<number | null>((resolve) => child.on('exit', resolve));
    const shows = (what: string) =>
      waitUntil(() => stripVTControlCharacters(shown).includes(what), {
        what: `the terminal shows "${what}"`,
        withinMs: 60_000,
        explain: () => shown,
      });
    return { child, exit, shows, raw: () => shown };
  }

  test.each([
    ['Ctrl-C', '\u0003'],
    ['q', 'q'],
  ])('lives through a restart of the daemon, and ends with %s', async (_, key) => {
    await mkdir(folder, { recursive: true });
    await serve({ inspect });
    const view = watching();
    await view.shows('● membership.suspecting');
    await control?.close();
    control = null;
    await view.shows('No answer for');
    await serve({ inspect: () => ({ ...run.report(), path: 'join' }) });
    await view.shows('Node a, path join');
    view.child.stdin.write(key);
    expect(await view.exit).toBe(0);
    expect(view.raw().trimEnd().endsWith('\u001b[?1049l')).toBe(true);
  });

  test('ends by SIGHUP when the terminal is closed', async () => {
    await serve({ inspect });
    const view = watching();
    await view.shows('● membership.suspecting');
    view.child.kill('SIGKILL');
    const code = await waitUntil(
      async () => (await readFile(join(folder, 'code'), 'utf8')) || null,
      {
        what: 'e2d inspect has ended',
        withinMs: 30_000,
      },
    );
    expect(code).toBe(`${128 + constants.signals.SIGHUP}\n`);
  });
});
