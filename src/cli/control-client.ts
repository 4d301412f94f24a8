import { createConnection, type Socket } from 'node:net';
import type { RestoreOrder } from '../../machines/facts.ts';
import { E2dError, textOf } from '../errors/e2d-error.ts';
import { examineSocket } from './control-socket.ts';
import { connectTo, remoteFault } from './remote-connection.ts';
import { placeOf, type RemoteNode } from './remote-node.ts';

/** More than any answer, so that a wrong socket cannot fill the memory. */
const longestAnswer = 16 * 1024 * 1024;

export interface ControlRequest {
  readonly method: string;
  /** For `inspect`: only what happened after the step with this number. */
  readonly since?: number;
  /** For `restore`: what an operator asks for. */
  readonly order?: RestoreOrder;
}

export interface AskOptions {
  readonly timeoutMs: number;
  /** Gives up at once; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Asks an e2d, behind the control socket at this path or on another machine: one line of JSON
 * there, one line back, `{"result": ...}` or `{"error": {"message", "remedy"?, "code"?}}`. Gives
 * the result. Throws an `E2dError` with a sentence of its own for each way this can fail. Nothing
 * is said before it is known who answers.
 */
export async function askNode(
  node: string | RemoteNode,
  request: ControlRequest,
  options: AskOptions,
): Promise<unknown> {
  const place = placeOf(node);
  const line = typeof node === 'string' ? await askHere(node) : await askThere(node);
  const answer = parse(line, place);
  if ('error' in answer) throw refused(answer.error);
  if ('result' in answer) return answer.result;
  throw notUnderstood(place);

  async function askHere(path: string): Promise<string> {
    const { token } = await examineSocket(path).catch((problem) => {
      throw problem instanceof E2dError ? problem : unreachable(path, problem);
    });
    const said = token === null ? request : { token, ...request };
    const opened = () => createConnection(path);
    return exchange({ place, opened, ready: 'connect', fault: unreachable }, said, options);
  }

  function askThere(remote: RemoteNode): Promise<string> {
    const opened = () => connectTo(remote);
    return exchange(
      { place, opened, ready: 'secureConnect', fault: remoteFault },
      request,
      options,
    );
  }
}

interface Way {
  readonly place: string;
  readonly opened: () => Socket;
  /** The event after which the other side is known. */
  readonly ready: 'connect' | 'secureConnect';
  readonly fault: (place: string, cause: NodeJS.ErrnoException) => E2dError;
}

function exchange(
  { place, opened, ready, fault }: Way,
  request: object,
  { timeoutMs, signal }: AskOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const socket = opened();
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (act: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      socket.destroy();
      act();
    };
    const fail = (error: unknown) => settle(() => reject(error));
    const giveUp = () => fail(signal?.reason);
    signal?.addEventListener('abort', giveUp, { once: true });
    const timer = setTimeout(() => fail(noAnswer(place, timeoutMs)), timeoutMs);
    socket.on(ready, () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on('error', (error) => fail(fault(place, error)));
    socket.on('end', () => fail(hungUp(place)));
    socket.on('data', (chunk: Buffer) => {
      const end = chunk.indexOf('\n');
      chunks.push(end < 0 ? chunk : chunk.subarray(0, end));
      size += chunk.length;
      if (end >= 0) settle(() => resolve(Buffer.concat(chunks).toString('utf8')));
      else if (size > longestAnswer) fail(notUnderstood(place));
    });
  });
}

function parse(line: string, socketPath: string): object {
  try {
    const answer: unknown = JSON.parse(line);
    if (typeof answer === 'object' && answer !== null) return answer;
  } catch (error) {
    throw notUnderstood(socketPath, error);
  }
  throw notUnderstood(socketPath);
}

function unreachable(socketPath: string, cause: NodeJS.ErrnoException): E2dError {
  switch (cause.code) {
    case 'ENOENT':
      return new E2dError(`No e2d runs with this state dir: there is no socket ${socketPath}.`, {
        code: 'E2D_NOT_RUNNING',
        remedy: 'Start it with "e2d run", or say where it keeps its data with --data-dir.',
        cause,
      });
    case 'ECONNREFUSED':
      return new E2dError(`The e2d that made ${socketPath} is no longer running.`, {
        code: 'E2D_NOT_RUNNING',
        remedy: 'Start it again with "e2d run"; etcd may well be running without it.',
        cause,
      });
    case 'EACCES':
    case 'EPERM':
      return new E2dError(`You may not talk to the e2d behind ${socketPath}.`, {
        code: 'E2D_CONTROL_DENIED',
        remedy: 'Ask as the user that e2d runs as, or as root.',
        cause,
      });
    default:
      return new E2dError(`The socket ${socketPath} cannot be used (${textOf(cause)}).`, {
        code: 'E2D_CONTROL_FAILED',
        remedy: 'Look at the log of e2d.',
        cause,
      });
  }
}

function noAnswer(socketPath: string, timeoutMs: number): E2dError {
  return new E2dError(`e2d did not answer at ${socketPath} within ${timeoutMs / 1000} s.`, {
    code: 'E2D_CONTROL_TIMEOUT',
    remedy: 'It may be busy or stopped (SIGSTOP): look at its log and try again.',
  });
}

function hungUp(socketPath: string): E2dError {
  return new E2dError(`e2d closed ${socketPath} before it had answered.`, {
    code: 'E2D_CONTROL_FAILED',
    remedy: 'It may just be stopping: try again, and look at its log.',
  });
}

function notUnderstood(socketPath: string, cause?: unknown): E2dError {
  return new E2dError(`What answered at ${socketPath} does not speak as this e2d does.`, {
    code: 'E2D_CONTROL_MISMATCH',
    remedy: 'Use the version of e2d that runs there: its log says which.',
    cause,
  });
}

function refused(error: unknown): E2dError {
  const said = typeof error === 'object' && error !== null ? error : {};
  const message =
    'message' in said && typeof said.message === 'string' ? said.message : 'no reason';
  const remedy = 'remedy' in said && typeof said.remedy === 'string' ? said.remedy : undefined;
  const why = remedy === undefined ? {} : { remedy };
  const isDenied = 'code' in said && said.code === 'E2D_CONTROL_DENIED';
  const sentence = `e2d refused: ${message}`;
  return isDenied
    ? new E2dError(sentence, { code: 'E2D_CONTROL_DENIED', ...why })
    : new E2dError(sentence, { code: 'E2D_CONTROL_REFUSED', ...why });
}
