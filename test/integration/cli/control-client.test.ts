import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { askNode } from '../../../src/cli/control-client.ts';
import { E2dError } from '../../../src/errors/e2d-error.ts';

let folder = '';
let server: Server | undefined;
const sockets = new Set<Socket>();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2d-control-'));
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
  await rm(folder, { recursive: true });
});

/** A node that treats each connection so, and its socket. */
function node(treat: (socket: Socket) => void): Promise<string> {
  const path = join(folder, 'e2d.sock');
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    treat(socket);
  });
  return new Promise((resolve) => server?.listen(path, () => resolve(path)));
}

const ask = (path: string, timeoutMs = 3000) => askNode(path, { method: 'status' }, { timeoutMs });

async function failure(asking: Promise<unknown>): Promise<E2dError> {
  const error = await asking.then(
    (answer) => new Error(`answered ${JSON.stringify(answer)}`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof E2dError)) throw error;
  expect(error.exit).toBe(1);
  expect(error.remedy).toBeDefined();
  return error;
}

test('sends one line and gives the result of the answer, however it is cut', async () => {
  const asked: string[] = [];
  const path = await node((socket) => {
    socket.on('data', (chunk) => {
      asked.push(chunk.toString());
      socket.write('{"result":{"na', () => setImmediate(() => socket.write('me":"m1"}}\nrest')));
    });
  });
  expect(await ask(path)).toEqual({ name: 'm1' });
  expect(asked).toEqual(['{"method":"status"}\n']);
});

test('a refusal is told with its remedy', async () => {
  const error = { error: { message: 'it knows no method "x"', remedy: 'Upgrade it.' } };
  const path = await node((socket) => socket.end(`${JSON.stringify(error)}\n`));
  await expect(ask(path)).rejects.toMatchObject({
    message: 'e2d refused: it knows no method "x"',
    code: 'E2D_CONTROL_REFUSED',
    remedy: 'Upgrade it.',
  });
});

test('no socket', async () => {
  const error = await failure(ask(join(folder, 'e2d.sock')));
  expect(error.code).toBe('E2D_NOT_RUNNING');
  expect(error.message).toMatch(/^No e2d runs with this state dir: .*e2d\.sock\.$/);
});

test('something else where the socket should be', async () => {
  const path = join(folder, 'e2d.sock');
  await writeFile(path, '');
  expect((await failure(ask(path))).message).toMatch(/is no longer running/);
  const beneath = await failure(ask(join(path, 'e2d.sock')));
  expect(beneath.message).toMatch(/cannot be used \(.*ENOTDIR/);
});

test('no answer in time', async () => {
  const path = await node(() => undefined);
  const error = await failure(ask(path, 50));
  expect(error.code).toBe('E2D_CONTROL_TIMEOUT');
  expect(error.message).toMatch(/did not answer at .* within 0\.05 s\.$/);
});

test('a connection closed before the answer', async () => {
  const path = await node((socket) => socket.end('{"result":'));
  expect((await failure(ask(path))).message).toMatch(/closed .* before it had answered/);
});

test.each(['SSH-2.0-x\n', '42\n', 'null\n', '{}\n', '[]\n'])(
  '%j is not understood',
  async (line) => {
    const path = await node((socket) => socket.end(line));
    expect((await failure(ask(path))).code).toBe('E2D_CONTROL_MISMATCH');
  },
);

test('an answer without an end is given up', async () => {
  const path = await node((socket) => {
    const more = () => void socket.write('x'.repeat(1024 * 1024), () => setImmediate(more));
    more();
  });
  expect((await failure(ask(path, 20_000))).code).toBe('E2D_CONTROL_MISMATCH');
});

describe('before anything is said', () => {
  const somebody = 12_345;
  const isRoot = process.geteuid?.() === 0;

  /** A socket that remembers what it was told. */
  async function listener() {
    const told: string[] = [];
    const path = await node((socket) => {
      socket.on('data', (chunk) => {
        told.push(chunk.toString());
        socket.end('{"result":"heard"}\n');
      });
    });
    await writeFile(join(folder, 'control.token'), 'secret\n', { mode: 0o600 });
    return { path, told };
  }

  test('the token is shown to the socket that lies beside it', async () => {
    const { path, told } = await listener();
    expect(await ask(path)).toBe('heard');
    expect(told).toEqual(['{"token":"secret","method":"status"}\n']);
  });

  test.each([0o777, 0o770, 0o702])('a folder of mode %o is not trusted', async (mode) => {
    const { path, told } = await listener();
    await chmod(folder, mode);
    const error = await failure(ask(path));
    expect(error.code).toBe('E2D_CONTROL_UNTRUSTED');
    expect(error.message).toContain(`others may write to ${folder}`);
    expect(told).toEqual([]);
  });

  test.runIf(isRoot)('a socket that another user has put there is not trusted', async () => {
    const { path, told } = await listener();
    await chown(path, somebody, somebody);
    const error = await failure(ask(path));
    expect(error.code).toBe('E2D_CONTROL_UNTRUSTED');
    expect(error.message).toContain(`${path} belongs to user 12345`);
    expect(told).toEqual([]);
  });

  test.runIf(isRoot)('root looks after an e2d of another user', async () => {
    const { path, told } = await listener();
    for (const one of [path, folder, join(folder, 'control.token')]) {
      await chown(one, somebody, somebody);
    }
    expect(await ask(path)).toBe('heard');
    expect(told).toHaveLength(1);
  });
});
