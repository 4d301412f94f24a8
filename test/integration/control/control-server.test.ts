import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ControlServer, serveControl } from '../../../src/control/control-server.ts';
import type { Asked } from '../../../src/control/requests.ts';
import { waitUntil } from '../../support/wait-until.ts';

let folder: string;
let socketPath: string;
let server: ControlServer;
let token: string;
const asked: Asked[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2d-control-'));
  socketPath = join(folder, 'e2d.sock');
  asked.length = 0;
  const methods = {
    greet: () => ({ hello: 'world' }),
    fail: () => {
      throw new Error('not today');
    },
    wait: () => Promise.resolve('at last'),
  };
  server = await serveControl(socketPath, methods, { onAsked: (one) => asked.push(one) });
  token = (await readFile(join(folder, 'control.token'), 'utf8')).trim();
});

afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** Sends text, and gives what comes back until the server hangs up. */
function ask(text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = createConnection(socketPath);
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('error', () => resolve(answer));
    socket.on('close', () => resolve(answer));
    socket.write(text);
  });
}

/** With the token, as whoever can read it asks. */
const askFor = (method: string) => ask(`${JSON.stringify({ token, method })}\n`);

describe('the control socket', () => {
  test('may be used by its owner only', async () => {
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'control.token'))).mode & 0o777).toBe(0o600);
  });

  test('is at no moment for anybody else, however generous the mask', async () => {
    const usual = process.umask(0);
    const watch = await ModeWatch.of(join(folder, 'watched.sock'));
    try {
      for (let round = 0; round < 20; round += 1) {
        const next = await serveControl(watch.path, {});
        await watch.hasSeenMore();
        await next.close();
      }
      expect(process.umask()).toBe(0);
    } finally {
      process.umask(usual);
    }
    expect(await watch.othersHad()).toBe(0);
  });

  test('answers a line with a line', async () => {
    expect(await askFor('greet')).toBe('{"result":{"hello":"world"}}\n');
    expect(await askFor('wait')).toBe('{"result":"at last"}\n');
  });

  test('serves nobody who cannot show its token', async () => {
    const other = `${token.startsWith('A') ? 'B' : 'A'}${token.slice(1)}`;
    for (const shown of [undefined, '', other, `${token}x`, token.slice(1), 42]) {
      const answer = await ask(`${JSON.stringify({ token: shown, method: 'greet' })}\n`);
      expect(answer).not.toContain('world');
      expect(answer).not.toContain(token);
    }
    expect(await ask('{"method":"greet"}\n')).toContain('"code":"E2D_CONTROL_DENIED"');
    expect(asked.every(({ refusal }) => refusal !== null)).toBe(true);
    expect(JSON.stringify(asked)).not.toContain(other);
  });

  test('has another token after each start, and none after its end', async () => {
    const again = await serveControl(socketPath, {});
    const next = await readFile(join(folder, 'control.token'), 'utf8');
    expect(next.trim()).not.toBe(token);
    expect(await askFor('greet')).toContain('does not show the token');
    await again.close();
    await expect(stat(join(folder, 'control.token'))).rejects.toThrow('ENOENT');
  });

  test('gives account of what was asked, without the token', async () => {
    const order = { kind: 'callOff', snapshotId: null, lineage: 'l1' };
    await ask(`${JSON.stringify({ token, method: 'fail', order })}\n`);
    await askFor('greet');
    expect(asked).toEqual([
      {
        caller: { kind: 'local' },
        method: 'fail',
        parameters: { order },
        isOrder: true,
        refusal: 'the request cannot be served (not today)',
      },
      { caller: { kind: 'local' }, method: 'greet', parameters: {}, isOrder: true, refusal: null },
    ]);
  });

  test('answers many at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => askFor('greet')));
    expect(new Set(answers)).toEqual(new Set(['{"result":{"hello":"world"}}\n']));
  });

  test.each([
    ['no JSON', 'hello\n', 'cannot be served'],
    ['no method', '{}\n', 'cannot be served'],
  ])('refuses %s with a sentence', async (_, request, sentence) => {
    expect(await ask(request)).toContain(sentence);
  });

  test.each([
    ['an unknown method', 'fly', 'knows no method \\"fly\\"'],
    ['a method of Object', 'toString', 'knows no method \\"toString\\"'],
    ['a method that fails', 'fail', 'not today'],
  ])('refuses %s with a sentence', async (_, method, sentence) => {
    expect(await askFor(method)).toContain(sentence);
  });

  test('hangs up on a request without an end, and goes on serving', async () => {
    expect(await ask('x'.repeat(100_000))).toBe('');
    expect(await ask(`${' '.repeat(70_000)}{}\n`)).toBe('');
    expect(await askFor('greet')).toContain('world');
  });

  test('takes over the socket that a dead e2d left behind', async () => {
    const left = join(folder, 'left.sock');
    await writeFile(left, '');
    const next = await serveControl(left, {});
    expect((await stat(left)).isSocket()).toBe(true);
    await next.close();
  });

  test('says so when the path is too long for a socket', async () => {
    const path = join(folder, 'x'.repeat(120));
    await expect(serveControl(path, {})).rejects.toMatchObject({ code: 'E2D_CONTROL_SOCKET' });
  });
});

/** Looks at a path all the time, from a thread of its own, and remembers the modes it ever had. */
class ModeWatch {
  readonly path: string;
  readonly #worker: Worker;
  /** How often it looked and found something; then, per bit, whether it was ever granted. */
  readonly #seen: Int32Array;
  #count = 0;

  static async of(path: string): Promise<ModeWatch> {
    const watch = new ModeWatch(path);
    await new Promise((resolve) => watch.#worker.once('online', resolve));
    return watch;
  }

  private constructor(path: string) {
    this.path = path;
    const shared = new SharedArrayBuffer(12);
    this.#seen = new Int32Array(shared);
    const code = `
      const { statSync } = require('node:fs');
      const { workerData } = require('node:worker_threads');
      const seen = new Int32Array(workerData.shared);
      while (Atomics.load(seen, 2) === 0) {
        const found = statSync(workerData.path, { throwIfNoEntry: false });
        if (found === undefined) continue;
        Atomics.or(seen, 1, found.mode & 0o077);
        Atomics.add(seen, 0, 1);
      }`;
    this.#worker = new Worker(code, { eval: true, workerData: { path, shared } });
  }

  async hasSeenMore(): Promise<void> {
    const before = this.#count;
    await waitUntil(() => Atomics.load(this.#seen, 0) > before, {
      what: 'the mode of the socket was seen',
      withinMs: 10_000,
    });
    this.#count = Atomics.load(this.#seen, 0);
  }

  /** What others were ever granted. */
  async othersHad(): Promise<number> {
    Atomics.store(this.#seen, 2, 1);
    await this.#worker.terminate();
    return Atomics.load(this.#seen, 1);
  }
}
