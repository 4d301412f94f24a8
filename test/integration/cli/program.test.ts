import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { degraded } from '../../unit/cli/status-example.ts';

const main = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2d-cli-'));
  await chmod(folder, 0o755);
});
afterAll(() => rm(folder, { recursive: true }));

interface Called {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
  /** Close the reading end of standard output at once. */
  readonly deaf?: boolean;
}

/** Runs the program as a shell would. */
async function e2d({ args, env = {}, uid, deaf }: Called) {
  const child = spawn(process.execPath, ['--import', tsx, main, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid }),
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    said.out += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    said.err += String(chunk);
  });
  if (deaf) child.stdout.destroy();
  const [exit, signal] = await once(child, 'close');
  return { exit, signal, ...said };
}

describe('exit codes and streams', () => {
  test('an answer goes to standard output', async () => {
    const found = await e2d({ args: ['version', '--json'] });
    expect(found).toMatchObject({ exit: 0, err: '' });
    expect(JSON.parse(found.out)).toHaveProperty('e2d');
  });

  test('bad usage ends with 2 and says so on standard error', async () => {
    const found = await e2d({
      args: ['run', '-n', '2', '--host=x y'],
      env: { E2D_LOG_LEVEL: 'loud', E2D_NAEM: 'm1' },
    });
    expect(found).toMatchObject({ exit: 2, out: '' });
    expect(found.err).toMatch(/^e2d: 3 things are wrong:\n {2}- --host "x y" must be/);
    expect(found.err).toMatch(/- -n "2" must be 1, 3, 5 or 7\.\n {2}- E2D_LOG_LEVEL "loud" must/);
    expect(found.err).toMatch(/Also worth a look:\n {2}- E2D_NAEM .* Did you mean E2D_NAME\?/);
  });

  test('a failure ends with 1', async () => {
    const found = await e2d({ args: ['status'] });
    expect(found).toMatchObject({ exit: 1, out: '' });
    expect(found.err).toBe(
      `e2d: No e2d runs with this state dir: there is no socket ${folder}/data/e2d/e2d.sock.\n` +
        'Start it with "e2d run", or say where it keeps its data with --data-dir.\n',
    );
  });

  test('a reader that went away is no failure', async () => {
    expect(await e2d({ args: ['completion', 'bash'], deaf: true })).toMatchObject({
      exit: 0,
      signal: null,
      err: '',
    });
  });

  test('a secret in the environment is never shown', async () => {
    const env = {
      E2D_DO_ACCESS_TOKEN: 'hunter2\n',
      E2D_AWS_SECRET_KEY: 'hunter3',
      E2D_HOST: 'x y',
    };
    const found = await e2d({ args: ['-v', 'run'], env });
    expect(found.exit).toBe(2);
    expect(found.err + found.out).not.toMatch(/hunter/);
  });
});

describe('e2d status', () => {
  const answer = `${JSON.stringify({ result: degraded })}\n`;

  async function withNode<T>(stateDir: string, act: () => Promise<T>): Promise<T> {
    await mkdir(stateDir, { recursive: true });
    const server = createServer((socket) => socket.end(answer));
    server.listen(join(stateDir, 'e2d.sock'));
    await once(server, 'listening');
    try {
      return await act();
    } finally {
      server.close();
    }
  }

  test('finds the node by flag, variable and file', async () => {
    const stateDir = join(folder, 'a');
    const config = join(folder, 'e2d.yaml');
    await writeFile(config, `state-dir: ${stateDir}\n`);
    await withNode(stateDir, async () => {
      const asked = await Promise.all([
        e2d({ args: ['status', '--state-dir', stateDir] }),
        e2d({ args: ['status'], env: { E2D_STATE_DIR: stateDir } }),
        e2d({ args: ['status', '--config', config] }),
      ]);
      for (const { exit, out, err } of asked) {
        expect({ exit, err }).toEqual({ exit: 0, err: '' });
        expect(out).toMatch(/^Cluster cdf818194e3a8c32 — degraded \(2 of 3 voters healthy\)\n/);
      }
    });
  });

  test('prints the report as JSON', async () => {
    const dataDir = join(folder, 'b');
    await withNode(join(dataDir, 'e2d'), async () => {
      const { exit, out } = await e2d({ args: ['status', '--data-dir', dataDir, '--json'] });
      expect(exit).toBe(0);
      expect(JSON.parse(out)).toEqual(degraded);
    });
  });

  test.skipIf(process.getuid?.() !== 0)('says that another user may not ask', async () => {
    const stateDir = join(folder, 'c');
    await withNode(stateDir, async () => {
      await chmod(join(stateDir, 'e2d.sock'), 0o600);
      const found = await e2d({ args: ['status', '--state-dir', stateDir], uid: 65_534 });
      expect(found).toMatchObject({ exit: 1, out: '' });
      expect(found.err).toMatch(/^e2d: You may not talk to the e2d behind .*\nAsk as the user/);
    });
  });

  test('says that a node which was killed is gone', async () => {
    const stateDir = join(folder, 'd');
    await mkdir(stateDir);
    const socket = join(stateDir, 'e2d.sock');
    const listen = `require('net').createServer().listen(${JSON.stringify(socket)},()=>console.log('up'))`;
    const child = spawn(process.execPath, ['-e', listen], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'close');
    const found = await e2d({ args: ['status', '--state-dir', stateDir] });
    expect(found.exit).toBe(1);
    expect(found.err).toMatch(/^e2d: The e2d that made .* is no longer running\.\n/);
  });
});
