import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { E2dError, textOf } from '../errors/e2d-error.ts';
import { isToken, tokenPathOf, writeToken } from './control-token.ts';
import { answerOne } from './line-exchange.ts';
import { type ControlMethods, type Gate, refusal, type Service, serveLine } from './requests.ts';
import type { Refusal } from './roles.ts';

export interface ControlServer {
  close(): Promise<void>;
}

const mostConnections = 64;

/**
 * Serves one line of JSON for one line of JSON on a Unix socket that only its owner may open:
 * `{"token", "method", "since"?, "order"?}` for `{"result"}` or `{"error": {"message", "remedy"?,
 * "code"?}}`. The token is drawn anew and lies beside the socket, in `control.token`. The caller
 * must hold the state dir's lock, since a socket that lies there is taken for a dead one's. Throws
 * `E2D_CONTROL_SOCKET`.
 */
export async function serveControl(
  socketPath: string,
  methods: ControlMethods,
  { onAsked }: Pick<Service, 'onAsked'> = {},
): Promise<ControlServer> {
  const service: Service = onAsked === undefined ? { methods } : { methods, onAsked };
  const connections = new Set<Socket>();
  const tokenPath = tokenPathOf(socketPath);
  let gate: Gate = () => refusal('it is not ready yet');
  const server = createServer((socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    answerOne(socket, (line) => serveLine(line, { kind: 'local' }, { service, gate }));
  });
  server.maxConnections = mostConnections;
  try {
    const token = await writeToken(tokenPath);
    gate = (request) => (isToken(request.token, token) ? null : notShown(tokenPath));
    await rm(socketPath, { force: true });
    await listenPrivately(server, socketPath);
  } catch (cause) {
    throw new E2dError(`The control socket ${socketPath} cannot be made: ${textOf(cause)}.`, {
      code: 'E2D_CONTROL_SOCKET',
      remedy: 'Choose a --state-dir with a shorter path (a socket path holds about 100 bytes).',
      cause,
    });
  }
  return { close };

  async function close(): Promise<void> {
    for (const socket of connections) socket.destroy();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    await rm(tokenPath, { force: true });
  }
}

/**
 * There is no moment at which the socket is another user's: it is bound with what it is to have.
 */
async function listenPrivately(server: Server, path: string): Promise<void> {
  const listening = new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', resolve);
  });
  const usual = process.umask(0o077);
  try {
    // It is bound before this returns.
    server.listen(path);
  } finally {
    process.umask(usual);
  }
  await listening;
  // Nobody but this user comes this far: a connection that fails is that client's to tell.
  server.on('error', () => undefined);
  await chmod(path, 0o600);
}

function notShown(tokenPath: string): Refusal {
  return refusal('the request does not show the token of this e2d', {
    remedy: `Ask with this version of e2d, as the user that it runs as or as root: the token is in ${tokenPath}.`,
    code: 'E2D_CONTROL_DENIED',
  });
}
