import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ControlServer, serveControl } from '../../../src/control/control-server.ts';

let folder: string;
let socketPath: string;
let server: ControlServer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2d-control-'));
  socketPath = join(folder, 'e2d.sock');
  server = await serveControl(socketPath, {
    greet: () => ({ hello: 'world' }),
    fail: () => {
      throw new Error('not today');
    },
  });
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

describe('the control socket', () => {
  test('may be used by its owner only', async () => {
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
  });

  test('answers a line with a line', async () => {
    expect(await ask('{"method":"greet"}\n')).toBe('{"result":{"hello":"world"}}\n');
  });

  test('answers many at the same time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => ask('{"method":"greet"}\n')),
    );
    expect(new Set(answers)).toEqual(new Set(['{"result":{"hello":"world"}}\n']));
  });

  test.each([
    ['no JSON', 'hello\n', 'cannot be served'],
    ['no method', '{}\n', 'cannot be served'],
    ['an unknown method', '{"method":"fly"}\n', 'knows no method \\"fly\\"'],
    ['a method of Object', '{"method":"toString"}\n', 'knows no method \\"toString\\"'],
    ['a method that fails', '{"method":"fail"}\n', 'not today'],
  ])('refuses %s with a sentence', async (_, request, sentence) => {
    expect(await ask(request)).toContain(sentence);
  });

  test('hangs up on a request without an end, and goes on serving', async () => {
    expect(await ask('x'.repeat(100_000))).toBe('');
    expect(await ask('{"method":"greet"}\n')).toContain('world');
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
