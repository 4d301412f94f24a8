import { chmod, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { z } from 'zod';
import { E2dError, textOf } from '../errors/e2d-error.ts';

const requestSchema = z.object({
  method: z.string(),
  /** For `inspect`: only what happened after the step with this number. */
  since: z.int().nonnegative().optional(),
  /** For `restore`: what an operator asks for. */
  order: z
    .object({
      kind: z.enum(['approve', 'goBack', 'rebuild', 'callOff']),
      snapshotId: z.string().min(1).nullable(),
      lineage: z.string().min(1).nullable(),
    })
    .optional(),
});

/** What a method may be told beside its name. */
export type ControlParameters = Omit<z.infer<typeof requestSchema>, 'method'>;

/** Answers one method; what it returns is sent as JSON. */
export type ControlMethod = (parameters: ControlParameters) => unknown;

export interface ControlServer {
  close(): Promise<void>;
}

const longestRequestBytes = 64 * 1024;
const idleTimeoutMs = 10_000;

/**
 * Serves one line of JSON for one line of JSON on a Unix socket that only its owner may open:
 * `{"method", "since"?, "order"?}` for `{"result"}` or `{"error": {"message"}}`. The caller must
 * hold the state dir's lock, since a socket that lies there is taken for a dead one's. Throws
 * `E2D_CONTROL_SOCKET`.
 */
export async function serveControl(
  socketPath: string,
  methods: Readonly<Record<string, ControlMethod>>,
): Promise<ControlServer> {
  const connections = new Set<Socket>();
  const server = createServer((socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    answerOne(socket, methods);
  });
  await rm(socketPath, { force: true });
  await listen();
  return { close };

  async function listen(): Promise<void> {
    const listening = new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(socketPath, resolve);
    });
    try {
      await listening;
      await chmod(socketPath, 0o600);
    } catch (cause) {
      throw new E2dError(`The control socket ${socketPath} cannot be made: ${textOf(cause)}.`, {
        code: 'E2D_CONTROL_SOCKET',
        remedy: 'Choose a --state-dir with a shorter path (a socket path holds about 100 bytes).',
        cause,
      });
    }
  }

  async function close(): Promise<void> {
    for (const socket of connections) socket.destroy();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  }
}

function answerOne(socket: Socket, methods: Readonly<Record<string, ControlMethod>>): void {
  const chunks: Buffer[] = [];
  let size = 0;
  socket.setTimeout(idleTimeoutMs, () => socket.destroy());
  // A client that goes away in the middle concerns nobody but itself.
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (chunk.includes(0x0a)) {
      socket.removeAllListeners('data');
      socket.end(`${JSON.stringify(reply(Buffer.concat(chunks).toString('utf8'), methods))}\n`);
    } else if (size > longestRequestBytes) {
      socket.destroy();
    }
  });
}

function reply(line: string, methods: Readonly<Record<string, ControlMethod>>): object {
  try {
    const { method, ...parameters } = requestSchema.parse(JSON.parse(line));
    const answer = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (answer === undefined) return refusal(`it knows no method "${method}"`);
    return { result: answer(parameters) };
  } catch (problem) {
    return refusal(`the request cannot be served (${textOf(problem)})`);
  }
}

function refusal(message: string): object {
  return { error: { message } };
}
